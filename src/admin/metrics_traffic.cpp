// Metrics of what passes: sessions, exchanges, and how long they took.
#include <iterator>

#include "families.h"

namespace winrmlb::admin {

using proxy::Counter;
using proxy::PoolTraffic;
using proxy::ServerTraffic;

namespace {

void add_sessions(Families& families, const View& view) {
  using C = proxy::Counters;
  families.gauge("sessions", "Client connections open now.", view.open_sessions);
  families.gauge("sessions_limit", "The most client connections that may be open at once.",
                 view.most_sessions);
  families.begin_counters("sessions_total", "Client connections by what became of them at the door.");
  families.add(sum(view, &C::sessions_accepted), {{"result", "accepted"}});
  families.add(sum(view, &C::sessions_refused), {{"result", "over_limit"}});
  families.add(sum(view, &C::accept_failures), {{"result", "no_descriptors"}});
  families.begin_counters("tls_handshakes_total", "TLS handshakes with clients.");
  families.add(sum(view, &C::tls_handshakes), {{"result", "ok"}});
  families.add(sum(view, &C::tls_handshake_failures), {{"result", "failed"}});
}

void add_responses(Families& families, const View& view) {
  using C = proxy::Counters;
  families.gauge("requests_in_flight", "Requests under way now, waiting polls among them.",
                 sum(view, &C::exchanges_begun) - sum(view, &C::exchanges_ended));
  families.begin_counters("responses_total", "Answers by status class; none: closed without one.");
  static constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < std::size(kClasses); ++i) {
    families.add(sum(view, [i](const C& c) -> const Counter& { return c.responses[i]; }),
                 {{"class", kClasses[i]}});
  }
  families.begin_counters("errors_total", "Exchanges that ended in an error, by what it was.");
  for (std::size_t i = 0; i < proxy::kErrorCodes; ++i) {
    families.add(sum(view, [i](const C& c) -> const Counter& { return c.errors[i]; }),
                 {{"reason", winrmlb::name_of(static_cast<ErrorCode>(i))}});
  }
  families.counter("own_replies_total", "Answers that the balancer gave itself.", sum(view, &C::own_replies));
}

// "unread": sealed, not SOAP, or not looked at.
std::string_view name_of_operation(std::size_t action) {
  return action == 0 ? std::string_view("unread") : winrm::name_of(static_cast<winrm::Action>(action));
}

void add_pools(Families& families, const View& view) {
  families.begin_counters("requests_total", "Requests by operation and result.");
  each_pool(view, [&](std::string_view pool, const auto& entry) {
    for (std::size_t action = 0; action < winrm::kActions; ++action) {
      for (std::size_t outcome = 0; outcome < proxy::kOutcomes; ++outcome) {
        const auto pick = [&](const PoolTraffic& t) -> const Counter& {
          return t.exchanges[action][outcome];
        };
        families.add(sum(*entry.traffic, pick), {{"pool", pool},
                                                 {"operation", name_of_operation(action)},
                                                 {"result", name_of(static_cast<proxy::Outcome>(outcome))}});
      }
    }
  });
  families.begin_counters("routed_total", "Requests by why they went where they went.");
  each_pool(view, [&](std::string_view pool, const auto& entry) {
    for (std::size_t i = 0; i < proxy::kReasons; ++i) {
      const auto pick = [&](const PoolTraffic& t) -> const Counter& { return t.routed[i]; };
      families.add(sum(*entry.traffic, pick),
                   {{"pool", pool}, {"reason", balance::name_of(static_cast<balance::Reason>(i))}});
    }
  });
  families.begin_counters("session_ends_total", "Client connections that have ended, by how.");
  each_pool(view, [&](std::string_view pool, const auto& entry) {
    for (std::size_t i = 0; i < proxy::kErrorCodes; ++i) {
      const auto pick = [&](const PoolTraffic& t) -> const Counter& { return t.session_ends[i]; };
      families.add(sum(*entry.traffic, pick),
                   {{"pool", pool}, {"end", winrmlb::name_of(static_cast<ErrorCode>(i))}});
    }
  });
}

void add_durations(Families& families, const View& view) {
  families.begin_histograms(
      "request_duration_seconds",
      "From the first byte of a request to the last of its answer; polls wait, and stand apart.");
  each_pool(view, [&](std::string_view pool, const auto& entry) {
    for (std::size_t i = 0; i < proxy::kKinds; ++i) {
      HistogramSum all;
      for (const auto& worker : entry.traffic->all())
        all.add(worker.durations[i]);
      families.add(all, {{"pool", pool}, {"kind", name_of(static_cast<proxy::Kind>(i))}});
    }
  });
  families.begin_histograms("session_duration_seconds",
                            "How long client connections that have ended lasted.");
  each_pool(view, [&](std::string_view pool, const auto& entry) {
    HistogramSum all;
    for (const auto& worker : entry.traffic->all())
      all.add(worker.session_durations);
    families.add(all, {{"pool", pool}});
  });
}

template <typename Name, std::size_t Size>
void add_each(Families& families, const View& view, std::array<Counter, Size> ServerTraffic::*counters,
              std::string_view label, Name name) {
  each_server(
      view, [&](std::string_view pool, std::string_view server, const auto& entry, std::size_t place) {
        for (std::size_t i = 0; i < Size; ++i) {
          const auto pick = [&](const ServerTraffic& t) -> const Counter& { return (t.*counters)[i]; };
          families.add(sum(*entry.server_traffic[place], pick),
                       {{"pool", pool}, {"server", server}, {label, name(i)}});
        }
      });
}

void add_one(Families& families, const View& view, Counter ServerTraffic::*counter) {
  each_server(
      view, [&](std::string_view pool, std::string_view server, const auto& entry, std::size_t place) {
        families.add(sum(*entry.server_traffic[place], counter), {{"pool", pool}, {"server", server}});
      });
}

void add_by_server(Families& families, const View& view) {
  families.begin_counters("server_requests_total", "Requests that a server was asked, by result.");
  add_each(families, view, &ServerTraffic::exchanges, "result",
           [](std::size_t i) { return name_of(static_cast<proxy::Outcome>(i)); });
  families.begin_counters("faults_total",
                          "Faults of servers, by class; poll_timeout is how an idle poll ends, and healthy.");
  add_each(families, view, &ServerTraffic::faults, "class",
           [](std::size_t i) { return winrm::name_of(static_cast<winrm::FaultClass>(i)); });
  families.begin_counters("server_logins_total",
                          "Logins at a server, and the steps towards them, by outcome.");
  add_each(families, view, &ServerTraffic::logins, "outcome",
           [](std::size_t i) { return winrm::name_of(static_cast<winrm::LoginOutcome>(i)); });
  families.begin_counters("connects_total", "Connections to servers, by what came of them.");
  add_each(families, view, &ServerTraffic::connects, "result",
           [](std::size_t i) { return name_of(static_cast<proxy::ConnectResult>(i)); });
  families.begin_counters("account_mismatches_total",
                          "Logins that a server refused to a user whom another one had accepted.");
  add_one(families, view, &ServerTraffic::account_mismatches);
  families.begin_counters("request_bytes_total", "Bytes of requests sent to the server.");
  add_one(families, view, &ServerTraffic::request_bytes);
  families.begin_counters("response_bytes_total", "Bytes of the server's answers sent to clients.");
  add_one(families, view, &ServerTraffic::response_bytes);
}

}  // namespace

void add_workers(Families& families, const View& view) {
  families.gauge("workers", "Threads that serve.", static_cast<double>(view.workers.size()));
  static constexpr std::pair<proxy::Phase, const char*> kPhases[] = {
      {proxy::Phase::Choose, "choose"}, {proxy::Phase::Connect, "connect"}, {proxy::Phase::Tls, "tls"}};
  families.begin_histograms("overhead_seconds",
                            "What the balancer adds to a request: choosing a server, connecting, and TLS.");
  for (const auto& [phase, name] : kPhases) {
    HistogramSum all;
    for (const auto* worker : view.workers)
      all.add(worker->overhead[static_cast<std::size_t>(phase)]);
    families.add(all, {{"phase", name}});
  }
  families.begin_histograms(
      "event_loop_turn_seconds",
      "How long a worker was busy at a time: whoever became ready meanwhile waited so long.");
  HistogramSum turns;
  for (const auto* worker : view.workers)
    turns.add(worker->turns);
  families.add(turns);
}

void add_traffic(Families& families, const View& view) {
  add_sessions(families, view);
  add_responses(families, view);
  add_pools(families, view);
  add_durations(families, view);
  add_by_server(families, view);
}

}  // namespace winrmlb::admin
