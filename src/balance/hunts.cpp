#include "winrmlb/balance/hunts.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include "recent_map.h"
#include "winrmlb/core/check.h"

namespace winrmlb::balance {

namespace {

constexpr std::size_t kShares = 16;
constexpr std::size_t kAddresses = 1024;  // remembered in each share

struct Hunter {
  std::uint32_t running = 0;
  std::array<TimePoint, Hunts::kPerSecond> begun;  // the last ones, in a ring; `next` is the oldest
  std::size_t next = 0;
  std::uint32_t begun_count = 0;  // no more than the ring holds
};

struct Share {
  explicit Share(SaltedHash hash) : hunters(kAddresses, hash) {}
  std::mutex mutex;
  RecentMap<ClientAddress, Hunter> hunters;
};

}  // namespace

struct Hunts::State {
  const SaltedHash hash = SaltedHash::random();
  std::vector<std::unique_ptr<Share>> shares;
  State() {
    for (std::size_t i = 0; i < kShares; ++i)
      shares.push_back(std::make_unique<Share>(hash));
  }
  Share& share_of(const ClientAddress& client) noexcept { return *shares[hash(client) >> 60]; }
};

Hunts::Hunts() : state_(std::make_unique<State>()) {}
Hunts::~Hunts() = default;

bool Hunts::begin(const ClientAddress& client, TimePoint now) {
  auto& share = state_->share_of(client);
  const std::lock_guard lock(share.mutex);
  auto& hunters = share.hunters;
  // Whoever hunts is not forgotten: it would hunt more than it may.
  if (hunters.full() && hunters.find(client) == nullptr && hunters.oldest().second.running > 0) return false;
  auto& hunter = hunters.touch(client);
  if (hunter.running >= kAtOnce) return false;
  auto& oldest = hunter.begun[hunter.next];
  if (hunter.begun_count == kPerSecond && now < oldest + seconds(1)) return false;
  oldest = now;
  hunter.next = (hunter.next + 1) % kPerSecond;
  hunter.begun_count = std::min(hunter.begun_count + 1, kPerSecond);
  ++hunter.running;
  return true;
}

void Hunts::end(const ClientAddress& client) {
  auto& share = state_->share_of(client);
  const std::lock_guard lock(share.mutex);
  auto* hunter = share.hunters.find(client);
  WINRMLB_CHECK(hunter != nullptr && hunter->running > 0);
  --hunter->running;
}

}  // namespace winrmlb::balance
