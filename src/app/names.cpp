#include "winrmlb/app/names.h"

#include <algorithm>

namespace winrmlb::app {

using telemetry::Level;

namespace {

constexpr seconds kTurn{3};  // time for a check at one address before the next is tried

// An answer that lives for less than this is kept for so long, and one that lives for days is still asked
// for.
constexpr seconds kLeast{1};
constexpr seconds kMost{3600};
constexpr seconds kRetry{5};  // after a failed look-up

}  // namespace

Names::Names(telemetry::Log& log, Lookup lookup, Moved moved)
    : log_(log), lookup_(std::move(lookup)), moved_(std::move(moved)) {}

Names::Lookup Names::lookup_aside(Aside& aside, std::function<std::vector<std::string>()> name_servers) {
  return [&aside, name_servers = std::move(name_servers)](const std::string& host, Answer answer) {
    auto found = std::make_shared<std::optional<Result<net::Resolved>>>();
    aside.run([found, host, servers = name_servers()] { found->emplace(net::resolve(host, servers)); },
              [found, answer = std::move(answer)] { answer(std::move(**found)); });
  };
}

void Names::adopt(const proxy::Snapshot& snapshot) {
  std::map<Key, Name> next;
  for (const auto& entry : snapshot.pools) {
    for (std::size_t i = 0; i < entry.targets.size(); ++i) {
      const auto& member = entry.pool->members()[i];
      const Duration every = entry.pool->settings().resolve_every;
      if (IpAddress::parse(member.settings.host) || every == Duration::zero()) continue;
      const Key key{entry.pool->name(), member.settings.name};
      const auto before = names_.find(key);
      Name name =
          before != names_.end() && before->second.host == member.settings.host ? before->second : Name{};
      name.host = member.settings.host;
      name.state = member.state;
      name.every = every;
      name.address = entry.targets[i].address;
      next[key] = std::move(name);
    }
  }
  names_ = std::move(next);
}

void Names::tick(TimePoint now) {
  for (auto& [key, name] : names_) {
    turn(key, name, now);
    if (name.asking || now < name.next) continue;
    name.asking = true;
    name.asked = now;
    lookup_(name.host, [this, key = key, host = name.host, alive = std::weak_ptr(alive_)](auto answer) {
      if (!alive.expired()) take(key, host, answer);
    });
  }
}

void Names::take(const Key& key, const std::string& host, const Result<net::Resolved>& answer) {
  const auto found = names_.find(key);
  if (found == names_.end() || found->second.host != host) return;  // a reload came in between
  Name& name = found->second;
  name.asking = false;
  if (!answer) {
    name.next = name.asked + std::min<Duration>(name.every, kRetry);
    if (std::exchange(name.vanished, true)) return;
    log_.write(
        Level::Warn, "a server's name has no address any more; its last good ones stay in use",
        {{"pool", key.first}, {"server", key.second}, {"host", host}, {"detail", answer.error().detail}});
    return;
  }
  if (std::exchange(name.vanished, false)) {
    log_.write(Level::Info, "a server's name has an address again",
               {{"pool", key.first}, {"server", key.second}, {"host", host}});
  }
  name.next = name.asked + (answer->ttl ? std::clamp(*answer->ttl, kLeast, kMost) : name.every);
  name.all = answer->addresses;
  std::sort(name.all.begin(), name.all.end());
  name.all.erase(std::unique(name.all.begin(), name.all.end()), name.all.end());
  const bool still = name.address && std::binary_search(name.all.begin(), name.all.end(), *name.address);
  if (!still) use(key, name, answer->addresses.front(), "its name says so");
}

void Names::use(const Key& key, Name& name, const IpAddress& address, std::string_view why) {
  log_.write(Level::Info, "server " + key.second + " is now reached at " + address.text(),
             {{"pool", key.first},
              {"server", key.second},
              {"host", name.host},
              {"before", name.address ? name.address->text() : "none"},
              {"why", std::string(why)}});
  name.address = address;
  moved_(key.first, key.second, address);
}

void Names::turn(const Key& key, Name& name, TimePoint now) {
  if (name.all.size() < 2 || name.state->fitness.load() != balance::Fitness::Down) return;
  if (now < name.next_turn) return;
  name.next_turn = now + kTurn;
  auto after =
      name.address ? std::upper_bound(name.all.begin(), name.all.end(), *name.address) : name.all.end();
  if (after == name.all.end()) after = name.all.begin();
  use(key, name, *after, "it is down at the other");
}

}  // namespace winrmlb::app
