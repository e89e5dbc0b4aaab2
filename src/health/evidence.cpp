#include "winrmlb/health/evidence.h"

namespace winrmlb::health {

std::string_view name_of(Evidence evidence) noexcept {
  switch (evidence) {
    case Evidence::Pass:
      return "pass";
    case Evidence::Refused:
      return "refused";
    case Evidence::Reset:
      return "reset";
    case Evidence::TimedOut:
      return "timed_out";
    case Evidence::Unreachable:
      return "unreachable";
    case Evidence::Unresolved:
      return "unresolved";
    case Evidence::BadTls:
      return "bad_tls";
    case Evidence::Unavailable:
      return "unavailable";
    case Evidence::WrongAnswer:
      return "wrong_answer";
    case Evidence::LoginRefused:
      return "login_refused";
    case Evidence::NotMade:
      return "not_made";
  }
  return "unknown";
}

std::string_view name_of(PassiveSignal signal) noexcept {
  switch (signal) {
    case PassiveSignal::ConnectFailed:
      return "connect_failed";
    case PassiveSignal::ResetMidAnswer:
      return "reset_mid_answer";
    case PassiveSignal::Status503:
      return "status_503";
    case PassiveSignal::QuotaFault:
      return "quota_fault";
    case PassiveSignal::ServiceDisabled:
      return "service_disabled";
    case PassiveSignal::ShellLost:
      return "shell_lost";
  }
  return "unknown";
}

}  // namespace winrmlb::health
