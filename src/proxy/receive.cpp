// Step 6, receive: the head of the answer. Interim answers (1xx) are passed on as they come.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

namespace {
// One "100 Continue" is what there is in practice. All of them together are no longer than one head may be.
constexpr std::uint8_t kMostInterims = 16;
}  // namespace

net::Task<Status> Session::receive(Exchange& exchange) {
  http::HeadEnd head_end;
  expect_within(response_limit(exchange));
  for (;;) {
    const auto arrived = look_for_answer(exchange, head_end);
    if (!arrived) co_return Error(arrived.error());
    if (*arrived == Arrived::Answer) break;
    if (*arrived == Arrived::Interim) {
      Status relayed = co_await relay_interim(exchange);
      if (!relayed) co_return relayed;
      exchange.answer->interim_bytes = exchange.answer->pump.bytes();
      exchange.status = 0;
      head_end.reset();
      expect_within(response_limit(exchange));
      continue;
    }
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    if (woken_by.has(Signal::Deadline)) {
      if (!exchange.request.finished()) co_return body_stalled(exchange.request);
      co_return failure(ErrorCode::ResponseTimeout, Side::Server, "the server did not answer in time");
    }
  }
  if (wants_answer(exchange)) co_await read_answer(exchange);
  exchange.at.mark(&Timeline::answered, worker_.now());
  co_return Done{};
}

// What can be had without waiting. No part of receive(), whose frame is all that thousands of polls hold.
Result<Session::Arrived> Session::look_for_answer(Exchange& exchange, http::HeadEnd& head_end) {
  for (;;) {
    if (auto end = head_end.find(link_->input.bytes())) {
      if (auto taken = take_response_head(exchange, *end); !taken) return std::move(taken).error();
      if (!http::is_interim(exchange.status)) return Arrived::Answer;
      Answer& answer = *exchange.answer;
      if (++answer.interims <= kMostInterims && answer.pump.bytes() + *end <= snapshot_->limits.head_bytes) {
        return Arrived::Interim;
      }
      exchange.status = 0;
      return Error{ErrorCode::BadResponse, Side::Server, "the server sends interim answers without end"};
    }
    if (link_->input.bytes().size() >= snapshot_->limits.head_bytes ||
        (link_->input.full() && !link_->input.reserve(snapshot_->limits.head_bytes))) {
      return Error{ErrorCode::BadResponse, Side::Server, "the server's response head is too long"};
    }
    const auto read = link_->input.fill(link_->stream);
    if (read.state == IoResult::State::Ok) {
      expect_within(response_limit(exchange));
      continue;
    }
    if (read.state != IoResult::State::WouldBlock) {
      return Error{ErrorCode::ResetByServer, Side::Server,
                   "the server closed the connection without an answer"};
    }

    // While waiting: the rest of the request, or else the client leaving.
    if (exchange.request.finished()) {
      if (auto there = watch_client(); !there) return std::move(there).error();
      return Arrived::Nothing;
    }
    auto moved = pump_request(exchange);
    if (!moved) return std::move(moved).error();
    if (exchange.request.finished()) expect_within(response_limit(exchange));  // from its last byte
    if (*moved == Progress::None) return Arrived::Nothing;
  }
}

// How long the server may be silent, from the last byte of the request or of the answer so far. A message
// that can be read says how long it lets its server wait. A sealed one does not.
milliseconds Session::response_limit(const Exchange& exchange) const noexcept {
  if (login_.is_answered_soon()) return timeouts().login;
  if (exchange.visible) {
    const milliseconds asked{exchange.message.operation_timeout_ms.value_or(0)};
    return std::max(asked, timeouts().operation) + timeouts().response_margin;
  }
  return exchange.sealed ? timeouts().sealed_response : timeouts().response;
}

// The head in the server's input, as facts, and edited for the client.
Status Session::take_response_head(Exchange& exchange, std::size_t head_bytes) {
  const auto bytes = link_->input.bytes().substr(0, head_bytes);
  auto head = http::parse_response(bytes, {exchange.method}, snapshot_->limits, worker_.fields);
  if (!head) return head.error();
  if (!exchange.answer) exchange.answer = std::make_unique<Answer>();
  exchange.status = head->status;
  exchange.server_keeps = head->keep_alive;
  if (!http::is_interim(head->status)) note_answer_to_login(exchange);
  http::Edit edit(head->bytes);
  if (auto removed = http::remove_hop_by_hop(edit, worker_.fields, Side::Server); !removed) return removed;
  if (auto hidden = hide_challenges(edit); !hidden) return hidden;
  std::string added;
  if (!http::is_interim(head->status)) {
    added = cookie_for(exchange);
    // A login belongs to its connection, and with it the client's keys: such a session only ends when it
    // must.
    const bool ends = stopping_ || worker_.stopping || (worker_.leaving && !bound_);
    if (ends && head->keep_alive) {
      added += "Connection: close\r\n";
      exchange.server_keeps = false;
    }
    if (!added.empty()) edit.add(added);
  }
  const http::BodyReader body(head->framing, head->content_length, Side::Server, snapshot_->limits);
  if (!replace_head(link_->input, edit, head_bytes)) {
    return Error{ErrorCode::BadResponse, Side::Server, "no room for the edited response head"};
  }
  exchange.answer->pump.start(head_bytes, body);
  return Done{};
}

void Session::note_answer_to_login(Exchange& exchange) {
  winrm::LoginAnswer answer;
  answer.status = exchange.status;
  std::string_view content_type;
  for (const auto& field : worker_.fields.all()) {
    if (field.known == http::FieldName::WwwAuthenticate) answer.challenges.add(field.value);
    if (field.known == http::FieldName::ContentType) content_type = field.value;
  }
  answer.payload = winrm::payload_of(content_type, winrm::Framed::WithBody);
  exchange.answer->login = login_.answer(answer);
}

net::Task<Status> Session::relay_interim(Exchange& exchange) {
  expect_within(timeouts().body_progress);
  for (;;) {
    switch (exchange.answer->pump.step(link_->input, link_->stream, client_)) {
      case Pump::Step::Done:
        co_return Done{};
      case Pump::Step::Moved:
        continue;
      case Pump::Step::Blocked:
        break;
      case Pump::Step::SourceEnded:
      case Pump::Step::SourceFailed:
      case Pump::Step::BadBody:
      case Pump::Step::SinkFailed:
        co_return failure(ErrorCode::ResetByClient, Side::Client, "the client left");
    }
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Deadline))
      co_return failure(ErrorCode::ResetByClient, Side::Client, "the client does not read");
  }
}

// The request is out. A client that sends on is heard later; one that finishes sending has that mirrored; one
// that resets has left, and so do we.
Status Session::watch_client() {
  if (client_ended_ || !client_input_.empty()) return Done{};
  switch (client_input_.fill(client_).state) {
    case IoResult::State::Ok:
    case IoResult::State::WouldBlock:
      return Done{};
    case IoResult::State::End:
      client_ended_ = true;
      link_->stream.finish_sending();
      return Done{};
    case IoResult::State::Truncated:
    case IoResult::State::Failed:
      break;
  }
  link_->stream.reset_on_close();
  return Error{ErrorCode::ResetByClient, Side::Client, "the client left before its answer"};
}

}  // namespace winrmlb::proxy
