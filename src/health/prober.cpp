#include "prober.h"

#include <algorithm>
#include <utility>

#include "winrmlb/net/clock.h"

namespace winrmlb::health {

using balance::Fitness;
using config::Probe;

namespace {

std::vector<Probe> probes_of(const std::vector<CheckKind>& kinds) {
  std::vector<Probe> probes;
  for (const auto& kind : kinds)
    probes.push_back(kind.probe);
  return probes;
}

}  // namespace

// Those that need no login are made on every port that clients come by; those that do, where a password is
// safest.
std::vector<CheckKind> kinds_of(const Watched& watched) {
  std::vector<CheckKind> kinds;
  for (const auto probe : watched.settings.probe) {
    const bool tls_only = probe == Probe::Tls || (logs_in(probe) && watched.by_tls);
    if (watched.by_plain && !tls_only) kinds.push_back({probe, false});
    if (watched.by_tls || probe == Probe::Tls) kinds.push_back({probe, true});
  }
  return kinds;
}

// ---- one kind of check
// ----------------------------------------------------------------------------------------

Watch::Check::Check(Watch& watch, Prober& prober, CheckKind kind)
    : watch_(watch), prober_(&prober), kind_(kind), talk_(watch.poller_, watch.wheel_) {
  report_.name = kind_.name();
  ++watch_.running_;
  prober.checks_.push_back(this);
}

Watch::Check::~Check() { --watch_.running_; }

net::Detached Watch::Check::run(Watch& watch, Prober& prober, CheckKind kind) {
  Check check(watch, prober, kind);
  co_await check.go_on();
}

void Watch::Check::stop() {
  prober_ = nullptr;
  talk_.stop();
}

CheckReport Watch::Check::report() const {
  CheckReport report = report_;
  if (prober_) report.fitness = prober_->state_.fitness(prober_->rung_of(*this));
  return report;
}

net::Task<void> Watch::Check::go_on() {
  while (prober_) {
    const TimePoint began = net::now();
    Finding finding = co_await once();
    if (!prober_) break;
    report_.at = net::now();
    report_.took = *report_.at - began;
    report_.last = finding;
    ++(finding.evidence == Evidence::Pass ? report_.passes : report_.failures);
    prober_->take(*this, finding);
    if (!prober_) break;
    const Duration pause = prober_->state_.next_check_in(prober_->rung_of(*this));
    if (pause > Duration::zero()) co_await talk_.pause_until(net::now() + jittered(pause));
  }
  talk_.close();
}

net::Task<Finding> Watch::Check::once() {
  const Watched& watched = prober_->watched_;
  const std::string what = std::string(name_of(kind_.probe)) +
                           (kind_.by_tls && kind_.probe == Probe::Identify ? " over TLS on " : " on ");
  if (!watched.address) co_return Finding{Evidence::Unresolved, "its name has no address"};
  CheckOrder order;
  order.probe = kind_.probe;
  order.place.endpoint = {*watched.address, kind_.by_tls ? watched.tls_port : watched.port};
  order.place.host = watched.host;
  order.place.source = watched.source;
  if (kind_.by_tls && kind_.probe != Probe::Tcp) order.place.tls = watched.tls;
  order.settings = watched.settings;
  order.login = {watched.settings.account.user, watched.password};
  order.aside = &watch_.aside_;
  order.wall_now = net::wall_now();
  talk_.allow_until(net::now() + times_of(watched.settings, kind_.probe).timeout);
  std::optional<seconds> certificate_ends_in;
  Finding finding = co_await run_check(talk_, order, certificate_ends_in);
  if (prober_) prober_->note_certificate(certificate_ends_in);
  if (!finding.detail.empty()) finding.detail = what + order.place.endpoint.text() + ": " + finding.detail;
  co_return finding;
}

// Never later than asked for: the time in which a dead server must be found counts on it.
Duration Watch::Check::jittered(Duration interval) {
  std::uniform_real_distribution<double> share(0.8, 1.0);
  return std::chrono::duration_cast<Duration>(interval * share(watch_.random_));
}

// ---- one server
// ---------------------------------------------------------------------------------------------------

Watch::Prober::Prober(Watch& watch, Watched watched)
    : watch_(watch),
      watched_(std::move(watched)),
      state_(watched_.settings, probes_of(kinds_of(watched_))),
      newcomer_(watch.at_work_) {
  if (watched_.settings.new_server == config::NewServer::Serve &&
      watched_.state->fitness.load() == Fitness::Checking) {
    watched_.state->fitness.store(Fitness::Up);
  }
}

Watch::Prober::~Prober() {
  for (auto* check : checks_)
    check->stop();
}

void Watch::Prober::begin() {
  for (const auto& kind : kinds_of(watched_))
    Check::run(watch_, *this, kind);
}

void Watch::Prober::set(Watched watched) {
  const bool moved = watched.address != watched_.address || watched.port != watched_.port ||
                     watched.tls_port != watched_.tls_port;
  watched_ = std::move(watched);
  const auto kinds = kinds_of(watched_);
  auto before = std::exchange(checks_, {});
  std::vector<std::optional<std::size_t>> continues;
  std::vector<Check*> kept;
  for (const auto& kind : kinds) {
    const auto found =
        std::find_if(before.begin(), before.end(), [&](auto* c) { return c && c->kind() == kind; });
    kept.push_back(found == before.end() ? nullptr : *found);
    continues.push_back(found == before.end()
                            ? std::nullopt
                            : std::optional(static_cast<std::size_t>(found - before.begin())));
    if (found != before.end()) *found = nullptr;
  }
  state_.adopt(watched_.settings, probes_of(kinds), continues);
  for (auto* gone : before) {
    if (gone) gone->stop();
  }
  // In the order of the rungs; a new check puts itself at the end.
  checks_.reserve(kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kept[i]) {
      checks_.push_back(kept[i]);
      if (moved) kept[i]->check_now();
    } else {
      Check::run(watch_, *this, kinds[i]);
    }
  }
}

std::size_t Watch::Prober::rung_of(const Check& check) const {
  return static_cast<std::size_t>(std::find(checks_.begin(), checks_.end(), &check) - checks_.begin());
}

void Watch::Prober::take(const Check& check, const Finding& finding) {
  publish(state_.take(rung_of(check), finding, net::now(), watch_.others_of(*this)));
}

void Watch::Prober::check_all_now() {
  for (auto* check : checks_) {
    if (!logs_in(check->kind().probe)) check->check_now();
  }
}

// However many sessions report at once, they raise the suspicion once.
void Watch::Prober::connect_failed(const Finding& finding) {
  ++counts_.signals[static_cast<std::size_t>(PassiveSignal::ConnectFailed)];
  if (state_.fitness() == Fitness::Down) return;
  if (state_.fitness() != Fitness::Suspect) publish(state_.take_connect_failure(finding, net::now()));
  check_all_now();
}

void Watch::Prober::passive(PassiveSignal signal, const Uuid& shell) {
  ++counts_.signals[static_cast<std::size_t>(signal)];
  if (signal == PassiveSignal::ShellLost) {
    if (!restarts_.shell_lost(shell, net::now())) return;
    ++counts_.restarts;
    watch_.tell_.restarted(watched_);
    return;
  }
  const auto reaction = state_.take_signal(signal, net::now());
  publish(reaction.transition);
  if (reaction.check_now) check_all_now();
}

void Watch::Prober::note_certificate(std::optional<seconds> ends_in) {
  if (!ends_in) return;
  certificate_ends_in_ = ends_in;
  const TimePoint now = net::now();
  constexpr seconds kDay{24 * 3600};
  if (*ends_in > watched_.settings.tls.warn_before) return;
  if (certificate_told_ && now < *certificate_told_ + kDay) return;
  certificate_told_ = now;
  watch_.tell_.certificate_ends(watched_, *ends_in);
}

// A server that serves on one port and not on the other is out for both, which is a riddle unless it is told.
std::string Watch::Prober::other_port_serves() const {
  const auto serves = [this](bool by_tls) {
    return std::any_of(checks_.begin(), checks_.end(), [&](const auto* check) {
      return check->kind().by_tls == by_tls && state_.fitness(rung_of(*check)) == Fitness::Up;
    });
  };
  const auto fails = [this](bool by_tls) {
    return std::any_of(checks_.begin(), checks_.end(), [&](const auto* check) {
      return check->kind().by_tls == by_tls && state_.fitness(rung_of(*check)) == Fitness::Down;
    });
  };
  for (const bool by_tls : {false, true}) {
    if (serves(by_tls) && !fails(by_tls) && fails(!by_tls)) {
      return "; port " + std::to_string(by_tls ? watched_.tls_port : watched_.port) +
             " serves, but clients come by both (health.ports)";
    }
  }
  return {};
}

void Watch::Prober::publish(const std::optional<Transition>& transition) {
  if (!transition) {
    // A session may have raised a suspicion that the checks do not share.
    watched_.state->fitness.store(state_.fitness() == Fitness::Checking &&
                                          watched_.settings.new_server == config::NewServer::Serve
                                      ? Fitness::Up
                                      : state_.fitness());
    return;
  }
  if (transition->to == Fitness::Down) ++counts_.downs;
  if (transition->to == Fitness::Up && (transition->from == Fitness::Down || newcomer_))
    watched_.state->ramp_from.store(net::now().time_since_epoch().count());
  if (transition->to == Fitness::Up) newcomer_ = false;
  watched_.state->lost.store(transition->to == Fitness::Down && transition->hard);
  watched_.state->down_since.store(transition->to == Fitness::Down ? net::now().time_since_epoch().count()
                                                                   : 0);
  watched_.state->fitness.store(transition->to);
  watch_.tell_.transition(
      watched_, *transition,
      state_.why() + (transition->to == Fitness::Down ? other_port_serves() : std::string()));
}

Report Watch::Prober::report() const {
  Report report = counts_;
  report.server = watched_.state->id;
  report.fitness = state_.fitness();
  report.since = state_.since();
  report.why = state_.why();
  if (report.fitness == Fitness::Down) report.why += other_port_serves();
  report.certificate_ends_in = certificate_ends_in_;
  for (const auto* check : checks_) {
    report.checks.push_back(check->report());
    const auto& one = report.checks.back();
    if (one.at && (!report.last_check || *one.at > *report.last_check)) {
      report.last_check = one.at;
      report.last_check_took = one.took;
    }
  }
  return report;
}

}  // namespace winrmlb::health
