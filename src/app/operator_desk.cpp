#include "winrmlb/app/operator_desk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gather.h"
#include "winrmlb/admin/status.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::app {

using telemetry::Level;

namespace {

constexpr seconds kLook{1};  // between two snapshots for subscribers

// One worker's share of a page. The rows are made last, of those that are in it.
struct Found {
  std::vector<proxy::SessionRow> rows;
  std::size_t matching = 0;
};

Found sessions_of(Worker& worker, const admin::SessionQuery& query) {
  Found found;
  std::vector<const proxy::Session*> page;  // a heap: the largest id on top
  const auto by_id = [](const auto* a, const auto* b) { return a->id() < b->id(); };
  worker.context().sessions.each([&](proxy::Session& session) {
    if (!session.matches(query.filter)) return;
    ++found.matching;
    if (session.id() <= query.after) return;
    page.push_back(&session);
    std::push_heap(page.begin(), page.end(), by_id);
    if (page.size() <= query.limit + 1) return;
    std::pop_heap(page.begin(), page.end(), by_id);
    page.pop_back();
  });
  for (const auto* session : page)
    found.rows.push_back(session->row());
  return found;
}

admin::SessionPage page_of(std::vector<Found> all, std::size_t limit) {
  admin::SessionPage page;
  for (auto& found : all) {
    page.matching += found.matching;
    std::move(found.rows.begin(), found.rows.end(), std::back_inserter(page.rows));
  }
  std::sort(page.rows.begin(), page.rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  page.more = page.rows.size() > limit;
  if (page.more) page.rows.erase(page.rows.begin() + static_cast<std::ptrdiff_t>(limit), page.rows.end());
  return page;
}

Result<admin::Tokens> tokens_of(const config::Admin& settings) {
  if (settings.token_file.empty()) return admin::Tokens();
  return admin::Tokens::load(settings.token_file);
}

Result<std::shared_ptr<const net::TlsContext>> tls_of(const config::Admin& settings) {
  if (settings.certificate.empty()) return std::shared_ptr<const net::TlsContext>();
  config::ListenerTls tls;
  tls.certificate = settings.certificate;
  tls.key = settings.key;
  return net::TlsContext::for_listener(tls);
}

}  // namespace

OperatorDesk::OperatorDesk(Lent lent, TimePoint now)
    : lent_(std::move(lent)), history_(now), api_(verbs()), socket_(lent_.io, api_), http_(lent_.io, api_) {}

admin::Verbs OperatorDesk::verbs() {
  return {.view = [this] { return view(); },
          .reload = [this] { return lent_.reload(); },
          .change_mode = [this](const auto& change) { return lent_.farm.change_mode(change); },
          .drain = [this](const auto& of) { return lent_.farm.drain(of); },
          .sessions = [this](const auto& query, auto answer) { find_sessions(query, std::move(answer)); },
          .kick = [this](const auto& filter, auto how, auto answer) { kick(filter, how, std::move(answer)); },
          .log_level = [this] { return log_level(); },
          .set_log_level = [this](Level level) { lent_.log.set_level(level); },
          .history = [this]() -> const admin::History& { return history_; },
          .note_change = [this](const auto& change) { log_change(change); }};
}

Status OperatorDesk::open(const config::Admin& settings, admin::Replace how,
                          std::optional<net::ListeningSockets> handed) {
  if (auto adopted = adopt(settings); !adopted) return adopted;
  if (!settings.socket.empty()) {
    if (auto opened = socket_.open(settings.socket, how); !opened) return opened;
  }
  if (settings.bind) {
    auto opened = handed ? http_.open(std::move(*handed)) : http_.open(*settings.bind);
    if (!opened) return opened;
  }
  return Done{};
}

Status OperatorDesk::adopt(const config::Admin& settings) {
  auto tokens = tokens_of(settings);
  if (!tokens) return std::move(tokens).error();
  auto tls = tls_of(settings);
  if (!tls) return std::move(tls).error();
  settings_ = settings;
  tls_ = *tls;
  http_.use(std::move(*tokens), std::move(*tls));
  return Done{};
}

// Files that were replaced and have lain still since the last look are taken, as those of listeners are.
void OperatorDesk::renew_certificate() {
  if (!tls_) return;
  std::vector<net::FileStamp> now;
  for (const auto& file : tls_->files())
    now.push_back(net::stamp_of(file.path));
  if (now == tls_->files() || now == refused_) return;
  if (now != std::exchange(changed_, now)) return;
  if (const auto adopted = adopt(settings_); adopted) {
    lent_.log.write(Level::Info, "the certificate of admin.bind was replaced; new connections use it");
  } else {
    refused_ = now;
    lent_.log.write(Level::Error,
                    "the certificate of admin.bind was replaced, but cannot be used; the old one goes on",
                    {{"detail", adopted.error().detail}});
  }
}

void OperatorDesk::close() {
  api_.events().close();
  socket_.close();
  http_.close();
}

admin::View OperatorDesk::view() const {
  auto view = lent_.view();
  for (const auto& entry : view.snapshot->pools) {
    for (const auto& member : entry.pool->members()) {
      if (member.state->mode.load() != config::ServerMode::Drain) continue;
      auto drain =
          lent_.farm.drain({.pool = entry.pool->name(), .server = member.state->name, .deadline = {}});
      if (drain) view.drains.push_back(std::move(*drain));
    }
  }
  return view;
}

void OperatorDesk::find_sessions(const admin::SessionQuery& query,
                                 std::function<void(admin::SessionPage)> answer) {
  gather<Found>(
      lent_.io, lent_.workers, [query](Worker& worker) { return sessions_of(worker, query); },
      [answer = std::move(answer), limit = query.limit](std::vector<Found> all) {
        answer(page_of(std::move(all), limit));
      });
}

void OperatorDesk::kick(const proxy::SessionFilter& filter, admin::Kick how,
                        std::function<void(std::size_t)> answer) {
  const auto end_those = [filter, how](Worker& worker) {
    std::size_t ended = 0;
    worker.context().sessions.each([&](proxy::Session& session) {
      if (!session.matches(filter)) return;
      ++ended;
      how == admin::Kick::Now ? session.cut() : session.stop();
    });
    return ended;
  };
  gather<std::size_t>(lent_.io, lent_.workers, end_those,
                      [answer = std::move(answer)](const std::vector<std::size_t>& all) {
                        std::size_t sum = 0;
                        for (const auto ended : all)
                          sum += ended;
                        answer(sum);
                      });
}

Level OperatorDesk::log_level() const {
  for (const auto level : {Level::Trace, Level::Debug, Level::Info, Level::Warn}) {
    if (lent_.log.writes(level)) return level;
  }
  return Level::Error;
}

// What was refused is worth a warning: somebody tried. Not each time, for anybody can.
void OperatorDesk::log_change(const admin::Change& change) {
  const bool done = change.status < 300;
  const bool is_strangers = change.status == 401 || change.status == 403;
  const auto held_back = is_strangers ? strangers_.pass(net::now()) : std::optional<std::uint64_t>(0);
  if (!held_back) return;
  lent_.log.write(done ? Level::Info : Level::Warn,
                  done ? "an operator has changed something" : "an operator's change was refused",
                  {{"operation", change.operation},
                   {"who", change.who},
                   {"from", change.from},
                   {"target", change.target},
                   {"arguments", change.arguments},
                   {"status", std::int64_t{change.status}},
                   {"detail", change.detail},
                   {"more", static_cast<std::int64_t>(*held_back)}});
}

void OperatorDesk::tick(TimePoint now, WallTime wall) {
  if (now < next_look_) return;
  next_look_ = now + kLook;
  renew_certificate();
  const auto seen = view();
  note_changes(seen);
  if (history_.is_due(now)) history_.note(admin::totals_of(seen), admin::server_totals_of(seen), now, wall);
  if (api_.events().has_subscribers()) api_.events().publish("status", admin::status(seen));
}

void OperatorDesk::note_changes(const admin::View& now) {
  decltype(seen_) seen;
  for (const auto& entry : now.snapshot->pools) {
    for (const auto& member : entry.pool->members()) {
      const Seen is{member.state->fitness.load(), member.state->mode.load()};
      const auto key = std::pair(entry.pool->name(), member.state->name);
      seen.emplace(key, is);
      const auto before = seen_.find(key);
      if (before == seen_.end()) continue;
      const auto& was = before->second;
      const auto tell = [&](std::string_view from, std::string_view to, std::string why) {
        if (from == to) return;
        admin::ServerChange change{.at = now.wall,
                                   .pool = key.first,
                                   .server = key.second,
                                   .from = std::string(from),
                                   .to = std::string(to),
                                   .why = std::move(why)};
        api_.events().publish("change", admin::to_json(change));
        history_.note(std::move(change));
      };
      const auto report = std::find_if(now.health.begin(), now.health.end(),
                                       [&](const auto& one) { return one.server == member.state->id; });
      tell(balance::name_of(was.fitness), balance::name_of(is.fitness),
           report == now.health.end() ? std::string() : report->why);
      tell(admin::name_of(was.mode), admin::name_of(is.mode), "an operator's word");
    }
  }
  seen_ = std::move(seen);
}

}  // namespace winrmlb::app
