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

}  // namespace

void Session::finish(Exchange& exchange) {
  const TimePoint now = worker_.now();
  exchange.at.mark(&Timeline::ended, now);
  Counters& counters = worker_.counters;
  if (exchange.was_routed) counters.exchanges[static_cast<std::size_t>(exchange.choice.reason)].add();
  counters.responses[std::min<std::size_t>(exchange.status / 100, counters.responses.size() - 1)].add();
  counters.request_bytes.add(exchange.request.bytes());
  counters.response_bytes.add(exchange.response.bytes() + exchange.own_reply_bytes);
  if (exchange.own_reply) counters.own_replies.add();
  if (exchange.error) {
    counters.errors[static_cast<std::size_t>(exchange.error->code)].add();
    log_error(exchange, now);
  }
  if (worker_.access_log.enabled()) log_access(exchange);
}

void Session::log_access(const Exchange& exchange) {
  const std::string client_text = client_endpoint_.text();
  const auto* member = exchange.choice.server ? pool().member(*exchange.choice.server) : nullptr;
  worker_.access_log.write({
      .time = net::wall_now() - std::chrono::microseconds(exchange.at.ended),
      .session = id_,
      .exchange = exchanges_,
      .listener = listener().settings.name,
      .pool = pool().name(),
      .client = client_text,
      .server = member ? std::string_view(member->state->name) : std::string_view(),
      .reason = exchange.was_routed ? balance::name_of(exchange.choice.reason) : std::string_view(),
      .user = user_,
      .scheme = scheme_ == winrm::Scheme::None ? std::string_view() : winrm::name_of(scheme_),
      .method = http::name_of(exchange.method),
      .path = exchange.target,
      .status = exchange.status,
      .own_reply = exchange.own_reply,
      .error = exchange.error ? name_of(exchange.error->code) : std::string_view(),
      .error_side = exchange.error ? name_of(exchange.error->side) : std::string_view(),
      .request_bytes = exchange.request.bytes(),
      .response_bytes = exchange.response.bytes() + exchange.own_reply_bytes,
      .phases = phases_of(exchange.at),
      .sealed = exchange.sealed,
      .bound = bound_,
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
