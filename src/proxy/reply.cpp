// Step 7, reply: the answer to the client, the server's as it comes, or one of our own by the reply table.
#include "winrmlb/proxy/reply.h"

#include "winrmlb/http/reply.h"
#include "winrmlb/proxy/scope.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

net::Task<Status> Session::reply(Exchange& exchange) {
  Pump& response = exchange.answer->pump;
  expect_within(timeouts().body_progress);
  bool replied = false;
  for (;;) {
    bool moved = false;
    if (!replied) {
      switch (response.step(link_->input, link_->stream, client_)) {
        case Pump::Step::Moved:
          expect_within(timeouts().body_progress);
          moved = true;
          break;
        case Pump::Step::Done:
          replied = true;
          break;
        case Pump::Step::Blocked:
          break;
        case Pump::Step::BadBody:
          co_return failure(response.error().code, response.error().side, response.error().detail);
        case Pump::Step::SourceEnded:
        case Pump::Step::SourceFailed:
          co_return failure(ErrorCode::ResetByServer, Side::Server, "the server left within its answer");
        case Pump::Step::SinkFailed:
          co_return failure(ErrorCode::ResetByClient, Side::Client, "the client left within its answer");
      }
    }
    if (replied) {
      if (exchange.request.abandoned() || response.body().framing() == http::Framing::UntilClose) {
        exchange.client_keeps = false;
      }
      if (exchange.request.finished() || !exchange.client_keeps || !exchange.server_keeps) break;
    }
    // An early answer: the rest of the request still goes to the server.
    if (!exchange.request.finished()) {
      auto more = pump_request(exchange);
      if (!more) co_return std::move(more).error();
      moved = moved || *more == Progress::Made;
    }
    if (moved) continue;
    if (exchange.request.finished()) {
      if (auto there = watch_client(); !there) co_return there;
    }
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    if (woken_by.has(Signal::Deadline)) {
      if (replied) co_return body_stalled(exchange.request);
      if (response.waits_for_sink()) {
        co_return failure(ErrorCode::ResetByClient, Side::Client,
                          "the client did not take the answer in time");
      }
      co_return failure(ErrorCode::ResponseTimeout, Side::Server, "the server stopped within its answer");
    }
  }
  co_return Done{};
}

// The connection broke under a message that names a shell: whether the shell is lost depends on whether its
// server is, which a check finds out at once.
net::Task<void> Session::find_out_whether_lost(Exchange& exchange) {
  constexpr milliseconds kPatience{2000};
  const bool broke = exchange.error->code == ErrorCode::ResetByServer;
  // A Create names the shell that it asks for, not one that can be lost.
  const bool uses_shell =
      exchange.visible && exchange.message.shell && exchange.message.action != winrm::Action::Create;
  if (!broke || exchange.answer_begun() || bound_ || !uses_shell || !exchange.choice.server) co_return;
  suspect(*exchange.choice.server, ErrorCode::ResetByServer);
  co_await await_verdict(*exchange.choice.server, worker_.now() + kPatience);
  if (!keeps(*exchange.choice.server)) exchange.error->code = ErrorCode::ShellServerDown;
}

// A client that gave its message an OperationID sends it again by itself, for some minutes (MS-WSMV
// 3.1.4.1.39), and its server may be back by then. One that is away for longer has lost its shells.
bool Session::comes_again(const Exchange& exchange) const noexcept {
  constexpr seconds kRetransmits{240};
  if (exchange.error->code != ErrorCode::ShellServerDown || !exchange.message.operation ||
      !exchange.message.shell) {
    return false;
  }
  const auto pin = pool().shells().find(*exchange.message.shell, balance::PinKind::Shell);
  const auto* member = pin ? pool().member(*pin) : nullptr;
  if (!member) return true;
  const auto since = member->state->down_since.load(std::memory_order_relaxed);
  return since == 0 || worker_.now() < TimePoint(Duration(since)) + kRetransmits;
}

// What an error looks like to the client. An answer that has begun is cut by a reset, so that it cannot look
// whole; on a connection with a login or sealed messages, a request that has been forwarded is answered by a
// close alone.
net::Task<void> Session::answer(Exchange& exchange) {
  co_await find_out_whether_lost(exchange);
  const ReplyRow& row = reply_row(exchange.error->code);
  if (row.status == 0) co_return;
  if (exchange.answer_begun()) {
    if (exchange.error->code == ErrorCode::ResetByServer)
      report(*exchange.choice.server, health::PassiveSignal::ResetMidAnswer, {});
    client_.reset_on_close();
    co_return;
  }
  if (comes_again(exchange) || (bound_ && exchange.request.bytes() != 0)) {
    exchange.status = 0;
    co_return;
  }
  // What the server makes of a cut request is its business; it must not be taken for a whole one.
  if (!exchange.request.finished()) link_->stream.reset_on_close();

  const auto now = static_cast<std::uint64_t>(worker_.now().time_since_epoch().count());
  const auto message_id = winrm::message_id(id_.value(), now);
  const auto& asked = exchange.message.message;
  const std::string relates_to = asked && !asked->is_hash() ? "uuid:" + asked->text() : std::string();
  const std::string body = winrm::make_fault(
      {.code = row.fault, .text = row.text, .relates_to = relates_to, .message_id = message_id});
  const std::string fields = fields_of(exchange.error->code, listener().settings);
  const std::string bytes = http::serialize({.status = row.status,
                                             .content_type = winrm::kFaultContentType,
                                             .body = body,
                                             .retry_after = row.retry_after,
                                             .head_request = exchange.method == http::Method::Head,
                                             .extra_fields = fields});
  exchange.own_reply = true;
  exchange.status = row.status;
  constexpr milliseconds kOwnReply{5000};
  expect_within(kOwnReply);
  std::string_view left = bytes;
  while (!left.empty()) {
    const auto written = client_.write(left);
    if (written.state == IoResult::State::Ok) {
      left.remove_prefix(written.bytes);
      exchange.own_reply_bytes += written.bytes;
    } else if (written.state == IoResult::State::WouldBlock) {
      const Signals woken_by = co_await wakeup_;
      if (woken_by.has(Signal::Deadline)) co_return;
    } else {
      co_return;
    }
  }
  co_await linger();
}

}  // namespace winrmlb::proxy
