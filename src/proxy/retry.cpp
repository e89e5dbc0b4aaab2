// Between receive and reply: whether the exchange begins anew on another server. Only where that provably
// executes nothing twice:
//
//   hunt     the server has never heard of this shell (2150858843): nothing ran, so the others are asked; the
//   one that
//            knows it is learned. If none does, the client gets the first answer.
//   quota    a Create was refused for a full quota: another server may have room, if the address holds
//   nothing. repeat   the connection broke without an answer, and what was asked for changes nothing
//   (Identify, Get,
//            Enumerate).
//
// Only for messages that log in one by one (Basic, or none at all), and only while all of the request is
// held.
#include "winrmlb/winrm/retry.h"

#include <algorithm>
#include <utility>

#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using balance::Reason;
using winrm::Action;
using winrm::FaultCode;

namespace {
bool is_unknown(const Exchange& exchange) {
  return exchange.status == 500 &&
         exchange.fault() == static_cast<std::uint32_t>(FaultCode::UnexpectedSelectors);
}

}  // namespace

// Decided before it is sent, since a copy must be kept of it.
bool Session::may_be_sent_again(const Exchange& exchange) const {
  if (!exchange.visible || bound_ || (scheme_ != winrm::Scheme::Basic && scheme_ != winrm::Scheme::None))
    return false;
  constexpr auto kUnbound = winrm::BoundTo::Nothing;
  const auto& settings = pool().settings().shells;
  const auto& message = exchange.message;
  if (winrm::may_leave_full_one(message, kUnbound)) return settings.retry_create;
  if (winrm::may_be_sent_again(message, kUnbound) == winrm::Reach::Any) return true;
  if (message.shell == known_shell_) return false;
  const auto& shells = pool().shells();
  return settings.hunt && winrm::may_be_hunted(message, kUnbound) &&
         !shells.find(*message.shell, balance::PinKind::Shell) &&
         !shells.missed_lately(*message.shell, worker_.now());
}

// True: choose, connect, send and receive once more, by exchange.retry->next.
bool Session::begins_anew(Exchange& exchange, Status& status) {
  const bool is_whole = exchange.held->size() == exchange.request.bytes() && exchange.request.finished();
  const bool client_left = !status && status.error().side == Side::Client;
  if (!is_whole || exchange.request.abandoned() || client_left) {
    if (exchange.retry && std::exchange(exchange.retry->hunts, false)) pool().hunts().end(client());
    return false;
  }
  if (!exchange.retry) exchange.retry = std::make_unique<Retry>();
  if (exchange.message.action == Action::Create) return creates_elsewhere(exchange, status);
  if (exchange.message.shell) return hunts_on(exchange, status);

  // repeat
  const bool lost = !status && status.error().code == ErrorCode::ResetByServer && exchange.status == 0;
  if (!lost || exchange.retry->times != 0 || is_late(exchange)) return false;
  ++exchange.retry->times;
  worker_.counters.repeats.add();
  suspect(*exchange.choice.server, ErrorCode::ResetByServer);
  drop_link(*link_);
  status = Done{};
  return true;  // the address decides again
}

bool Session::creates_elsewhere(Exchange& exchange, Status& status) {
  if (!status || exchange.status != 500 || !exchange.answer->is_whole || !winrm::is_full(exchange.fault())) {
    return false;
  }
  const ServerId full = *exchange.choice.server;
  pool().mark_full(full, worker_.now());
  const auto elsewhere = pool().route_create_elsewhere(
      {.client = client(), .bound = {}, .pinned = {}, .creates_shell = true, .user = user_}, full,
      worker_.now());
  if (!elsewhere || !elsewhere->server || is_late(exchange)) return false;
  ++exchange.retry->times;
  worker_.counters.quota_retries.add();
  link_->input.consume(link_->input.bytes().size());
  drop_link(*link_);  // nothing of the address is there
  exchange.retry->next = *elsewhere;
  exchange.answer.reset();
  exchange.status = 0;
  return true;
}

bool Session::hunts_on(Exchange& exchange, Status& status) {
  Retry& retry = *exchange.retry;
  const bool unknown_there = status && is_unknown(exchange) && exchange.answer->is_whole;
  if (!retry.hunts) {
    if (!unknown_there || !pool().hunts().begin(client(), worker_.now())) return false;
    retry.hunts = true;
    retry.first_link = link_;
    retry.first_answer = std::move(exchange.answer);
    retry.first_status = exchange.status;
    worker_.counters.hunts_begun.add();
  } else if (status && was_served(exchange)) {
    pool().hunts().end(client());
    retry.hunts = false;
    worker_.counters.hunts_found.add();
    auto& first = *retry.first_link;
    first.input.consume(first.input.bytes().size());
    return false;
  } else {
    if (exchange.status == 401) learn_from_login(exchange);
    drop_link(*link_);
  }
  retry.tried.push_back(*exchange.choice.server);
  // At most one failed login.
  if (exchange.status != 401 && !is_late(exchange)) {
    for (const auto server : pool().other_fit_servers(retry.tried.front(), client())) {
      if (std::find(retry.tried.begin(), retry.tried.end(), server) != retry.tried.end()) continue;
      retry.next = balance::Choice{server, Reason::Hunted};
      exchange.answer.reset();
      exchange.status = 0;
      ++retry.times;
      status = Done{};
      return true;
    }
    pool().shells().note_miss(*exchange.message.shell, worker_.now());
  }
  end_hunt(exchange, status);
  return false;
}

// Nobody knows it: the first answer it is.
void Session::end_hunt(Exchange& exchange, Status& status) {
  Retry& retry = *exchange.retry;
  pool().hunts().end(client());
  retry.hunts = false;
  worker_.counters.hunts_missed.add();
  link_ = retry.first_link;
  exchange.choice = {*link_->server, Reason::Affinity};
  exchange.answer = std::move(retry.first_answer);
  exchange.status = retry.first_status;
  status = Done{};
}

// All that the balancer itself adds must stay far below the time that clients allow.
bool Session::is_late(const Exchange& exchange) const {
  constexpr std::uint8_t kMostTimes = 16;
  return stopping_ || exchange.retry->times >= kMostTimes ||
         worker_.now() >= exchange.at.began + timeouts().queue;
}

// The request as it went out the first time. Ends early when the server answers early.
net::Task<Status> Session::send_again(Exchange& exchange) {
  using net::IoResult;
  std::string_view left = *exchange.held;
  expect_within(timeouts().body_progress);
  while (!left.empty()) {
    const auto written = link_->stream.write(left);
    if (written.state == IoResult::State::Ok) {
      left.remove_prefix(written.bytes);
      continue;
    }
    if (written.state != IoResult::State::WouldBlock)
      break;  // what it said before may still be there to read
    if (!link_->input.empty() || link_->input.fill(link_->stream).state != IoResult::State::WouldBlock) break;
    const net::Signals woken_by = co_await wakeup_;
    if (woken_by.has(net::Signal::Stop)) stopping_ = true;
    if (woken_by.has(net::Signal::Deadline)) {
      co_return failure(ErrorCode::ResponseTimeout, Side::Server,
                        "the server did not take the request in time");
    }
  }
  exchange.at.mark(&Timeline::sent, worker_.now());
  co_return Done{};
}

}  // namespace winrmlb::proxy
