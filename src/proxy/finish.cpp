// Step 8, finish: one line of the access log, and the counters.
#include "winrmlb/proxy/reply.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

namespace {

// A step that was not reached took no time: its mark is moved to the one before.
telemetry::PhaseTimes phases_of(Timeline at) {
  std::uint32_t before = 0;
  for (auto* mark : {&at.read, &at.chosen, &at.connected, &at.secured, &at.sent, &at.answered}) {
    *mark = std::max(*mark, before);
    before = *mark;
  }
  return {.read_us = at.read,
          .choose_us = at.chosen - at.read,
          .connect_us = at.connected - at.chosen,
          .tls_us = at.secured - at.connected,
          .send_us = at.sent - at.secured,
          .wait_us = at.answered - at.sent,
          .reply_us = at.ended - std::min(at.answered, at.ended),
          .total_us = at.ended};
}

balance::Tier tier_of(const Exchange& exchange, const ListenerEntry& listener) noexcept {
  if (exchange.sealed || listener.relays_tls()) return balance::Tier::Connection;
  return exchange.visible ? balance::Tier::Body : balance::Tier::Header;
}

}  // namespace

void Session::finish(Exchange& exchange) {
  const TimePoint now = worker_.now();
  exchange.at.mark(&Timeline::ended, now);
  has_cookie_ = has_cookie_ || (exchange.has_cookie && !exchange.own_reply);
  Counters& counters = worker_.counters;
  counters.exchanges_ended.add();
  count_traffic(exchange);
  if (exchange.was_routed) {
    const auto tier = tier_of(exchange, listener());
    pool().tiers().note(tier);
    if (listener().admission) listener().admission->tiers().note(tier);
  }
  counters.responses[std::min<std::size_t>(exchange.status / 100, counters.responses.size() - 1)].add();
  counters.request_bytes.add(exchange.request.bytes());
  counters.response_bytes.add(exchange.response_bytes() + exchange.own_reply_bytes);
  if (exchange.own_reply) counters.own_replies.add();
  tally_.request_bytes += exchange.request.bytes();
  tally_.response_bytes += exchange.response_bytes() + exchange.own_reply_bytes;
  tally_.longest_us = std::max(tally_.longest_us, exchange.at.ended);
  was_sealed_ = was_sealed_ || exchange.sealed;
  if (exchange.error) {
    counters.errors[static_cast<std::size_t>(exchange.error->code)].add();
    log_error(exchange, now);
  }
  if (worker_.access_log.enabled()) log_access(exchange);
}

void Session::count_traffic(const Exchange& exchange) {
  // What is only relayed is one exchange as long as the session, which has its own durations, and without any
  // status that could be seen.
  const bool relayed = listener().relays_tls();
  const auto outcome =
      static_cast<std::size_t>(relayed && !exchange.error ? Outcome::Ok : outcome_of(exchange));
  auto& traffic = pool_entry().traffic->of(worker_.index);
  traffic.exchanges[static_cast<std::size_t>(exchange.message.action)][outcome].add();
  if (!relayed) traffic.durations[static_cast<std::size_t>(kind_of(exchange))].observe(exchange.at.ended);
  if (!exchange.was_routed) return;
  traffic.routed[static_cast<std::size_t>(exchange.choice.reason)].add();
  const auto phases = phases_of(exchange.at);
  const auto overhead = [this](Phase phase, std::uint64_t microseconds) {
    worker_.counters.overhead[static_cast<std::size_t>(phase)].observe(microseconds);
  };
  overhead(Phase::Choose, phases.choose_us);
  if (exchange.at.connected != 0) overhead(Phase::Connect, phases.connect_us);
  if (exchange.at.secured != 0) overhead(Phase::Tls, phases.tls_us);
  if (!exchange.choice.server) return;
  auto* server = pool_entry().traffic_of(*exchange.choice.server, worker_.index);
  if (!server) return;
  server->exchanges[outcome].add();
  server->request_bytes.add(exchange.request.bytes());
  server->response_bytes.add(exchange.response_bytes());
}

// What the lines of an exchange and of the session have in common.
telemetry::AccessFacts Session::access_facts(std::string_view client_text,
                                             std::optional<ServerId> server) const {
  return {.time = {},
          .session = id_,
          .listener = listener().settings.name,
          .pool = pool().name(),
          .client = client_text,
          .server = server ? name_of_server(*server) : std::string_view(),
          .user = user_,
          .scheme = scheme_ == winrm::Scheme::None ? std::string_view() : winrm::name_of(scheme_),
          .bound = bound_};
}

void Session::log_access(const Exchange& exchange) {
  const std::string client_text = client_endpoint_.text();
  const auto& message = exchange.message;
  const std::string shell = message.shell ? message.shell->text() : std::string();
  auto facts = access_facts(client_text, exchange.choice.server);
  facts.time = net::wall_now() - std::chrono::microseconds(exchange.at.ended);
  facts.request_bytes = exchange.request.bytes();
  facts.response_bytes = exchange.response_bytes() + exchange.own_reply_bytes;
  facts.sealed = exchange.sealed;
  worker_.access_log.write(telemetry::AccessRecord{
      .facts = facts,
      .exchange = tally_.exchanges,
      .reason = exchange.was_routed ? balance::name_of(exchange.choice.reason) : std::string_view(),
      .method = http::name_of(exchange.method),
      .path = exchange.target,
      .status = exchange.status,
      .own_reply = exchange.own_reply,
      .error = exchange.error ? name_of(exchange.error->code) : std::string_view(),
      .error_side = exchange.error ? name_of(exchange.error->side) : std::string_view(),
      .phases = phases_of(exchange.at),
      .action = exchange.visible ? winrm::name_of(message.action) : std::string_view(),
      .shell = shell,
      .operation_timeout_ms = message.operation_timeout_ms.value_or(0),
      .fault = exchange.fault(),
      .sent_again = static_cast<std::uint16_t>(exchange.retry ? exchange.retry->times : 0),
  });
}

void Session::count_end(ErrorCode end) {
  const auto lasted = std::chrono::duration_cast<std::chrono::microseconds>(worker_.now() - tally_.began);
  auto& traffic = pool_entry().traffic->of(worker_.index);
  traffic.session_ends[static_cast<std::size_t>(end)].add();
  traffic.session_durations.observe(static_cast<std::uint64_t>(lasted.count()));
}

void Session::log_session(const Status& end) {
  const ErrorCode code = end ? ErrorCode::Cancelled : end.error().code;
  count_end(code);
  if (!worker_.access_log.enabled()) return;
  const std::string client_text = client_endpoint_.text();
  const auto lasted = std::chrono::duration_cast<std::chrono::microseconds>(worker_.now() - tally_.began);
  auto facts = access_facts(client_text, link_->server);
  facts.time = net::wall_now() - lasted;
  facts.request_bytes = tally_.request_bytes;
  facts.response_bytes = tally_.response_bytes;
  facts.sealed = was_sealed_;
  worker_.access_log.write(telemetry::SessionRecord{
      .facts = facts,
      .exchanges = tally_.exchanges,
      .shells = tally_.shells,
      .commands = tally_.commands,
      .longest_us = tally_.longest_us,
      .total_us = static_cast<std::uint64_t>(lasted.count()),
      .end = name_of(code),
      .ended_by = end ? name_of(Side::Local) : name_of(end.error().side),
  });
}

// What an operator should see of an error, at most once a second per worker and kind: a dead farm under load
// must not fill the disk. Every single one is in the access log.
void Session::log_error(const Exchange& exchange, TimePoint now) {
  const auto level = reply_row(exchange.error->code).level;
  if (!worker_.log.writes(level)) return;
  auto& limit = worker_.error_limits[static_cast<std::size_t>(exchange.error->code)];
  const auto held_back = limit.pass(now);
  if (!held_back) return;
  worker_.log.write(level, "an exchange failed: " + exchange.error->detail,
                    {{"error", std::string(name_of(exchange.error->code))},
                     {"side", std::string(name_of(exchange.error->side))},
                     {"client", client_endpoint_.text()},
                     {"pool", pool().name()},
                     {"more", static_cast<std::int64_t>(*held_back)}});
}

}  // namespace winrmlb::proxy
