// Step 5, send: the request, head and body as they come. Ends early when the server answers early.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

net::Task<Status> Session::send(Exchange& exchange) {
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

// One step of the request's body, from any of the steps that follow: it may still be coming while the answer
// goes.
Result<Session::Progress> Session::pump_request(Exchange& exchange) {
  Pump& request = exchange.request;
  switch (request.step(client_input_, client_, link_->stream)) {
    case Pump::Step::Moved:
      expect_within(timeouts().body_progress);
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

Status Session::body_stalled(const Pump& request) {
  if (request.waits_for_sink()) {
    return failure(ErrorCode::ResponseTimeout, Side::Server,
                   "the server did not take the request body in time");
  }
  return failure(ErrorCode::RequestTimeout, Side::Client, "the request body did not come in time");
}

}  // namespace winrmlb::proxy
