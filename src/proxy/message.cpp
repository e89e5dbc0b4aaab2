// What the messages of an exchange say, where they can be read: the request's before a server is chosen, the
// answer's before it is passed on. The bytes stay where they are and are relayed untouched.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;
using winrm::EnvelopeScanner;

namespace {
// Of an input that holds a head and what the scanner looks at.
constexpr std::size_t kScanRoom = EnvelopeScanner::kMostUtf16Bytes + 1024;
}  // namespace

// Reads until the scanner of the worker has seen enough, which is nearly always at once; a body that does not
// go on is left to the steps that follow.
net::Task<void> Session::read_on(net::Input& input, net::Stream& source, BodyPeek& peek, bool to_the_end) {
  // The worker's scanner serves others while this session sleeps.
  const auto own = std::make_unique<EnvelopeScanner>(worker_.scanner);
  const std::size_t most = peek.end() + kScanRoom;
  for (bool enough = false; !enough || (to_the_end && !peek.whole());) {
    if (input.bytes().size() >= most || (input.full() && !input.reserve(most))) break;
    const auto read = input.fill(source);
    if (read.state == IoResult::State::Ok) {
      enough = peek.feed(input.bytes(), *own);
      continue;
    }
    if (read.state != IoResult::State::WouldBlock) break;
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    if (woken_by.has(Signal::Deadline)) break;
  }
  worker_.scanner = *own;
}

// The scanner of the worker has read the request's.
void Session::note_message(Exchange& exchange) {
  const auto& scanner = worker_.scanner;
  exchange.message = scanner.facts();
  exchange.visible = exchange.message.action != winrm::Action::None;
  if (exchange.message.action == winrm::Action::Create || !snapshot_->settings.routes.empty())
    exchange.noted().resource = scanner.resource_uri();
}

// By what kind of message it is, in bytes; 0: no limit.
std::uint64_t Session::most_envelope_bytes(winrm::Action action) const {
  const auto& limits = snapshot_->settings.limits;
  switch (action) {
    case winrm::Action::None:
      return 0;
    case winrm::Action::Identify:
      return limits.identify_bytes;
    case winrm::Action::Get:
    case winrm::Action::Delete:
    case winrm::Action::Receive:
    case winrm::Action::Signal:
    case winrm::Action::Disconnect:
    case winrm::Action::Reconnect:
    case winrm::Action::Enumerate:
    case winrm::Action::Pull:
    case winrm::Action::Release:
    case winrm::Action::Fault:
      return limits.control_bytes;
    case winrm::Action::Put:
    case winrm::Action::Create:
    case winrm::Action::Command:
    case winrm::Action::Send:
    case winrm::Action::Connect:
    case winrm::Action::Subscribe:
    case winrm::Action::Events:
    case winrm::Action::FullDuplex:
    case winrm::Action::Other:
      return limits.data_bytes;
  }
  return 0;
}

// One whose length is declared is refused before the server hears of it.
Status Session::limit_envelope(Exchange& exchange) const {
  const auto most = most_envelope_bytes(exchange.message.action);
  if (most == 0) return Done{};
  if (exchange.request.body().declared_left().value_or(0) > most)
    return failure(ErrorCode::BodyTooLarge, Side::Client, "the message is longer than the limit of its kind");
  exchange.request.limit_body(most);
  return Done{};
}

// A success teaches where a new shell or context lives; an error may be a fault. Anything else passes unread.
bool Session::wants_answer(const Exchange& exchange) const noexcept {
  if (!exchange.visible) return false;
  if (exchange.status == 500) return true;
  if (exchange.status / 100 != 2) return false;
  switch (exchange.message.action) {
    case winrm::Action::Create:
    case winrm::Action::Enumerate:
    case winrm::Action::Pull:
      return true;
    case winrm::Action::None:
    case winrm::Action::Identify:
    case winrm::Action::Get:
    case winrm::Action::Put:
    case winrm::Action::Delete:
    case winrm::Action::Command:
    case winrm::Action::Send:
    case winrm::Action::Receive:
    case winrm::Action::Signal:
    case winrm::Action::Disconnect:
    case winrm::Action::Reconnect:
    case winrm::Action::Connect:
    case winrm::Action::Release:
    case winrm::Action::Subscribe:
    case winrm::Action::Events:
    case winrm::Action::FullDuplex:
    case winrm::Action::Fault:
    case winrm::Action::Other:
      return false;
  }
  return false;
}

net::Task<void> Session::read_answer(Exchange& exchange) {
  auto& scanner = worker_.scanner;
  scanner.restart(EnvelopeScanner::Side::Response);
  Answer& answer = *exchange.answer;
  BodyPeek peek(answer.pump.ready(), answer.pump.body());
  const bool whole = exchange.held != nullptr;  // it may have to wait while others are asked
  if (!peek.feed(link_->input.bytes(), scanner) || (whole && !peek.whole())) {
    expect_within(timeouts().body_progress);
    co_await read_on(link_->input, link_->stream, peek, whole);
  }
  answer.facts = scanner.facts();
  answer.is_whole = peek.whole() && peek.end() == link_->input.bytes().size();
}

}  // namespace winrmlb::proxy
