#include "winrmlb/app/notifier.h"

#include <chrono>
#include <systemd/sd-daemon.h>

namespace winrmlb::app {

namespace {
constexpr char kStoreName[] =
    "winrm-lb";  // of all sockets in the store: they are told apart by their addresses
constexpr std::size_t kDescriptorsPerMessage = 200;  // SCM_MAX_FD is 253
}  // namespace

Notifier::Notifier() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) > 0) watchdog_ = std::chrono::microseconds(microseconds);
}

void Notifier::say(const std::string& state) const {
  if (!silent_) (void)::sd_notify(0, state.c_str());
}

void Notifier::ready() { say("READY=1"); }

void Notifier::reloading() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void Notifier::stopping() { say("STOPPING=1"); }

void Notifier::status(const std::string& text) {
  if (text == last_status_) return;
  last_status_ = text;
  say("STATUS=" + text);
}

// At four times the rate that is asked for: one that is late by a busy machine is no cause for a restart.
void Notifier::all_is_well(TimePoint now) {
  if (watchdog_ == Duration::zero() || now < next_) return;
  next_ = now + watchdog_ / 4;
  say("WATCHDOG=1");
}

void Notifier::keep_sockets(const std::vector<int>& sockets) {
  for (std::size_t at = 0; at < sockets.size() && !silent_; at += kDescriptorsPerMessage) {
    const auto count = std::min(kDescriptorsPerMessage, sockets.size() - at);
    const std::string state = std::string("FDSTORE=1\nFDNAME=") + kStoreName;
    keeps_sockets_ =
        ::sd_pid_notify_with_fds(0, 0, state.c_str(), sockets.data() + at, static_cast<unsigned>(count)) > 0;
  }
}

void Notifier::forget_sockets() {
  if (std::exchange(keeps_sockets_, false)) say(std::string("FDSTOREREMOVE=1\nFDNAME=") + kStoreName);
}

void Notifier::hand_over_to(pid_t process) {
  say("MAINPID=" + std::to_string(process));
  silent_ = true;
}

}  // namespace winrmlb::app
