// Two tables, each with its bound: keys (address, user, pool), where failures are counted, and accounts
// (user, pool), which know from how many addresses a user fails and which servers took it. What is known of
// an account lies in one share, under one lock.
#include "winrmlb/balance/login_guard.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "folded_key.h"
#include "recent_map.h"

namespace winrmlb::balance {

namespace {

constexpr std::size_t kShares = 16;
constexpr std::size_t kKeys = 4096;      // in each share
constexpr std::size_t kAccounts = 1024;  // in each share
constexpr std::size_t kManyAddresses = 5;
constexpr std::size_t kServers = 8;                  // that an account remembers
constexpr Duration kTold = std::chrono::hours(1);    // what was told is not told again so soon
constexpr Duration kLately = std::chrono::hours(1);  // for how long a login says something of the account

FoldedKey key_of(const LoginGuard::Who& who) noexcept {
  return FoldedKey().add(who.pool).add(who.client).add(who.user);
}
FoldedKey account_of(const LoginGuard::Who& who) noexcept { return FoldedKey().add(who.pool).add(who.user); }

/// Where something happened last, and when. Of more than `most` places the one longest ago is forgotten.
template <typename Place>
class Sightings {
 public:
  struct Sighting {
    Place place;
    TimePoint time;
  };

  void note(const Place& place, TimePoint now, std::size_t most) {
    auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& s) { return s.place == place; });
    if (found == all_.end() && all_.size() == most) {
      found = std::min_element(all_.begin(), all_.end(),
                               [](const auto& a, const auto& b) { return a.time < b.time; });
    }
    if (found == all_.end()) found = all_.insert(found, Sighting{});
    *found = {place, now};
  }
  bool within(const Place& place, Duration time, TimePoint now) const noexcept {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto& s) { return s.place == place && now < s.time + time; });
  }
  const std::vector<Sighting>& all() const noexcept { return all_; }

 private:
  std::vector<Sighting> all_;
};

struct Key {
  PoolId pool;
  ClientAddress client;
  std::string user;
  std::vector<TimePoint> failures;  // no more than block it, the oldest first
  std::optional<TimePoint> blocked_until;

  bool blocks(TimePoint now) const noexcept { return blocked_until && now < *blocked_until; }
};

struct Account {
  Sightings<ClientAddress> failing;
  Sightings<ServerId> accepted_by;
  Sightings<ServerId> mismatch_told;  // of servers that reject it
  std::optional<TimePoint> alerted;
};

struct Share {
  explicit Share(SaltedHash hash) : keys(kKeys, hash), accounts(kAccounts, hash) {}
  std::mutex mutex;
  RecentMap<std::string, Key> keys;
  RecentMap<std::string, Account> accounts;
  TimePoint latest{};  // what callers said last, for those who do not say it
};

/// One failure more; whether it is one too many. What fails during a block was under way when it began.
bool count_failure(Key& key, const config::LoginGuard& settings, TimePoint now) {
  if (settings.failures == 0 || key.blocks(now)) return false;
  if (key.blocked_until) {
    key.blocked_until.reset();
    key.failures.clear();
  }
  std::erase_if(key.failures, [&](TimePoint time) { return now >= time + settings.window; });
  key.failures.push_back(now);
  if (key.failures.size() < settings.failures) return false;
  key.blocked_until = now + settings.block;
  return true;
}

bool note_address(Account& account, const ClientAddress& client, Duration window, TimePoint now) {
  account.failing.note(client, now, kManyAddresses);
  const auto& all = account.failing.all();
  const bool many = all.size() == kManyAddresses &&
                    std::all_of(all.begin(), all.end(), [&](const auto& s) { return now < s.time + window; });
  if (!many || (account.alerted && now < *account.alerted + kTold)) return false;
  account.alerted = now;
  return true;
}

/// A server that took the user lately knows the account: there it was just a wrong password.
std::optional<ServerId> find_mismatch(Account& account, ServerId server, TimePoint now) {
  if (account.accepted_by.within(server, kLately, now)) return std::nullopt;
  if (account.mismatch_told.within(server, kTold, now)) return std::nullopt;
  const auto& all = account.accepted_by.all();
  const auto other =
      std::find_if(all.begin(), all.end(), [&](const auto& s) { return now < s.time + kLately; });
  if (other == all.end()) return std::nullopt;
  account.mismatch_told.note(server, now, kServers);
  return other->place;
}

}  // namespace

struct LoginGuard::State {
  const SaltedHash hash = SaltedHash::random();
  std::vector<std::unique_ptr<Share>> shares;
  mutable std::mutex settings_mutex;
  config::LoginGuard settings;
  std::atomic<bool> off{false};

  State() {
    for (std::size_t i = 0; i < kShares; ++i)
      shares.push_back(std::make_unique<Share>(hash));
  }
  Share& share_of(const FoldedKey& account) const noexcept { return *shares[hash(account.view()) >> 60]; }
  config::LoginGuard current() const {
    const std::lock_guard lock(settings_mutex);
    return settings;
  }
};

LoginGuard::LoginGuard(const config::LoginGuard& settings) : state_(std::make_unique<State>()) {
  set_settings(settings);
}
LoginGuard::~LoginGuard() = default;

void LoginGuard::set_settings(const config::LoginGuard& settings) {
  const std::lock_guard lock(state_->settings_mutex);
  state_->settings = settings;
  state_->off = settings.failures == 0;
}

std::optional<Duration> LoginGuard::blocked(const Who& who, TimePoint now) const {
  if (state_->off.load(std::memory_order_relaxed)) return std::nullopt;
  auto& share = state_->share_of(account_of(who));
  const std::lock_guard lock(share.mutex);
  share.latest = std::max(share.latest, now);
  const auto* key = share.keys.find(key_of(who).view());
  if (key == nullptr || !key->blocks(now)) return std::nullopt;
  return *key->blocked_until - now;
}

LoginGuard::Verdict LoginGuard::failed(const Who& who, ServerId server, TimePoint now) {
  const auto settings = state_->current();
  const auto account_key = account_of(who);
  auto& share = state_->share_of(account_key);
  const std::lock_guard lock(share.mutex);
  share.latest = std::max(share.latest, now);
  auto& key = share.keys.touch(key_of(who).view());
  if (key.user.empty()) {
    key.pool = who.pool;
    key.client = who.client;
    key.user = cut(who.user, FoldedKey::kLongestName);
  }
  auto& account = share.accounts.touch(account_key.view());
  return {.blocks_now = count_failure(key, settings, now),
          .many_addresses = note_address(account, who.client, settings.window, now),
          .accepted_by = find_mismatch(account, server, now)};
}

void LoginGuard::succeeded(const Who& who, ServerId server, TimePoint now) {
  const auto account_key = account_of(who);
  auto& share = state_->share_of(account_key);
  const std::lock_guard lock(share.mutex);
  share.latest = std::max(share.latest, now);
  share.keys.remove(key_of(who).view());
  share.accounts.touch(account_key.view()).accepted_by.note(server, now, kServers);
}

bool LoginGuard::lift(const Who& who) {
  auto& share = state_->share_of(account_of(who));
  const std::lock_guard lock(share.mutex);
  const auto* key = share.keys.find(key_of(who).view());
  if (key == nullptr || !key->blocks(share.latest)) return false;
  share.keys.remove(key_of(who).view());
  return true;
}

std::vector<LoginGuard::Row> LoginGuard::rows(TimePoint now) const {
  const auto settings = state_->current();
  std::vector<Row> rows;
  for (const auto& share : state_->shares) {
    const std::lock_guard lock(share->mutex);
    share->latest = std::max(share->latest, now);
    for (const auto& [bytes, key] : share->keys) {
      const auto counted = std::count_if(key.failures.begin(), key.failures.end(),
                                         [&](TimePoint time) { return now < time + settings.window; });
      Row row{.pool = key.pool,
              .client = key.client,
              .user = key.user,
              .failures = static_cast<std::uint32_t>(counted),
              .blocked_for = {}};
      if (key.blocks(now)) {
        row.blocked_for = *key.blocked_until - now;
        row.failures = static_cast<std::uint32_t>(key.failures.size());
      } else if (key.blocked_until || counted == 0) {
        continue;
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace winrmlb::balance
