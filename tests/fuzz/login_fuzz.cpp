// LoginTrace over any talk: fields from both sides lead to outcomes that agree with each other.
//
// The input is lines. `>` and a line: a request with this Authorization; `<`, a digit and a line: an answer
// whose WWW-Authenticate is the line; the digit chooses its status. The byte after `>` chooses body and
// channel.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/winrm/login.h"

namespace winrmlb::winrm {
namespace {

void check_event(const LoginTrace& trace, const LoginEvent& event) {
  WINRMLB_CHECK(!trace.is_leg());
  WINRMLB_CHECK(!(trace.is_handshaking() && trace.is_established()));
  const bool is_step = event.outcome == LoginOutcome::Begun || event.outcome == LoginOutcome::Continues;
  if (is_step) WINRMLB_CHECK(trace.is_handshaking() && binds(event.scheme) && event.refusal == Refusal::None);
  if (event.outcome == LoginOutcome::Failed) WINRMLB_CHECK(event.refusal != Refusal::None);
  if (event.tried_password) WINRMLB_CHECK(event.outcome == LoginOutcome::Failed);
  if (event.outcome == LoginOutcome::Failed && binds(event.scheme)) WINRMLB_CHECK(!trace.is_established());
  WINRMLB_CHECK(explain(event.refusal, trace.target()).find('\n') == std::string::npos);
}

void ask(LoginTrace& trace, std::uint8_t choice, std::string_view line) {
  LoginRequest request;
  request.credentials = read_authorization(line);
  request.payload = static_cast<Payload>(choice % 4);
  request.channel = static_cast<Channel>(choice / 4 % 3);
  request.server_host = "ps1.example.net";
  trace.request(request);
  if (trace.is_leg()) WINRMLB_CHECK(binds(request.credentials.scheme));
  if (trace.is_answered_soon()) WINRMLB_CHECK(trace.is_leg());
}

void hear(LoginTrace& trace, std::uint8_t choice, std::string_view line) {
  static constexpr std::array<std::uint16_t, 8> kStatuses = {200, 401, 500, 403, 503, 204, 400, 401};
  LoginAnswer answer;
  answer.status = kStatuses[choice % kStatuses.size()];
  answer.payload = static_cast<Payload>(choice / 8 % 4);
  answer.challenges.add(line);
  std::string_view rest = line;
  std::size_t challenges = 0;
  while (const auto challenge = next_challenge(rest)) {
    WINRMLB_CHECK(++challenges <= line.size());
    WINRMLB_CHECK(answer.challenges.offers(challenge->scheme));
  }
  WINRMLB_CHECK(answer.challenges.any() == (challenges != 0));
  check_event(trace, trace.answer(answer));
}

}  // namespace
}  // namespace winrmlb::winrm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  winrmlb::winrm::LoginTrace trace;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.size() < 2) continue;
    const std::vector<char> exact(line.begin() + 2, line.end());
    const std::string_view value(exact.data(), exact.size());
    const auto choice = static_cast<std::uint8_t>(line[1]);
    if (line[0] == '>') winrmlb::winrm::ask(trace, choice, value);
    if (line[0] == '<') winrmlb::winrm::hear(trace, choice, value);
  }
  winrmlb::winrm::check_event(trace, trace.closed());
  return 0;
}
