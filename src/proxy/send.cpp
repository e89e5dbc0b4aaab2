// Step 5, send: the request, head and body as they come. Ends early when the server answers early.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

net::Task<Status> Session::send(Exchange& exchange) {
  if (needs_turn(exchange)) {
    Status turn = co_await await_turn(exchange);
    if (!turn) co_return turn;
  }
  if (exchange.retry && exchange.retry->times != 0) co_return co_await send_again(exchange);
  Pump& request = exchange.request;
  expect_within(timeouts().body_progress);
  for (;;) {
    auto moved = pump_request(exchange);
    if (!moved) co_return std::move(moved).error();
    if (request.finished()) break;
    if (*moved == Progress::Made) continue;
    // The pump waits. A server that answers before it has the whole request is heard at once (RFC
    // 9110 9.3, 10.1.1).
    if (!link_->input.empty() || link_->input.fill(link_->stream).state != IoResult::State::WouldBlock) break;
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    if (woken_by.has(Signal::Deadline)) co_return body_stalled(request);
  }
  exchange.at.mark(&Timeline::sent, worker_.now());
  co_return Done{};
}

bool Session::needs_turn(const Exchange& exchange) const noexcept {
  return exchange.message.action == winrm::Action::Create;
}

// A server makes only so many shells at once. Whoever has his place on it waits for a turn; turns are given
// back on any thread, so it is looked for again from time to time.
net::Task<Status> Session::await_turn(Exchange& exchange) {
  const auto* member = pool().member(*exchange.choice.server);
  if (!member || exchange.turn.take(member->state->creates, member->settings.max_creates)) co_return Done{};
  worker_.counters.creates_waited.add();
  const TimePoint until = exchange.at.began + timeouts().queue;
  do {
    const TimePoint next_look = std::min<TimePoint>(until, worker_.now() + net::TimerWheel::kTick);
    deadline_.set(worker_.wheel, next_look);
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    const bool is_cut = woken_by.has(Signal::Deadline) && worker_.now() < next_look;
    if (is_cut || worker_.now() >= until) {
      co_return failure(ErrorCode::ServerBusy, Side::Server,
                        "the server makes as many shells as it may (max_creates), and no turn came in time");
    }
    const bool left = !client_input_.full() && client_input_.fill(client_).state == IoResult::State::Failed;
    if (left) co_return failure(ErrorCode::ResetByClient, Side::Client, "the client left before its turn");
  } while (!exchange.turn.take(member->state->creates, member->settings.max_creates));
  co_return Done{};
}

// One step of the request's body, from any of the steps that follow: it may still be coming while the answer
// goes.
Result<Session::Progress> Session::pump_request(Exchange& exchange) {
  Pump& request = exchange.request;
  switch (request.step(client_input_, client_, link_->stream)) {
    case Pump::Step::Moved:
      if (!drips(exchange)) expect_within(timeouts().body_progress);
      return Progress::Made;
    case Pump::Step::Done:
      return Progress::Made;
    case Pump::Step::Blocked:
      return Progress::None;
    case Pump::Step::SinkFailed:
      // The server takes no more, but what it said before may still be there to read.
      request.abandon();
      return Progress::Made;
    case Pump::Step::BadBody:
      return Error(request.error());
    case Pump::Step::SourceEnded:
    case Pump::Step::SourceFailed:
      link_->stream.reset_on_close();  // a cut request must not look whole
      return Error{ErrorCode::ResetByClient, Side::Client, "the client left within a request body"};
  }
  return Progress::None;
}

// A client that sends a byte now and then could else hold its connections for ever. The time that it has left
// is not renewed until it has caught up.
bool Session::drips(const Exchange& exchange) const {
  constexpr int kGraces = 4;
  constexpr std::int64_t kBytesPerSecond = 128;
  const auto took = worker_.now() - exchange.at.began;
  if (took <= kGraces * timeouts().body_progress) return false;
  const auto expected = std::chrono::duration_cast<seconds>(took).count() * kBytesPerSecond;
  return exchange.request.bytes() < static_cast<std::uint64_t>(expected);
}

Status Session::body_stalled(const Pump& request) {
  if (request.waits_for_sink()) {
    return failure(ErrorCode::ResponseTimeout, Side::Server,
                   "the server did not take the request body in time");
  }
  return failure(ErrorCode::RequestTimeout, Side::Client, "the request body did not come in time");
}

}  // namespace winrmlb::proxy
