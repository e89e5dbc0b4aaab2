// Admission: whether one more session, or one more login, of an address may come in at a listener.
//
// One per listener, kept across reloads; any thread (striped locks, taken at accept, at the end of a session
// and at the beginning of a login). Bounded: an address without sessions is remembered only while its rates
// must be, and when a stripe is full the one idle for longest is forgotten; one with sessions never is.
// Refusals are counted by reason.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "winrmlb/balance/visibility.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/time.h"

namespace winrmlb::balance {

/// Why somebody was not let in.
enum class Refusal : std::uint8_t {
  Denied,             // its address is not allowed
  Sessions,           // the listener has as many sessions as it may
  SessionsOfAddress,  // the address has
  RateOfAddress,      // it makes new ones too fast
  LoginsOfAddress,    // it begins logins too fast
  ProxyHeader,        // no PROXY header, or a wrong one, or from somebody who may not send it
  Tls,                // no TLS: plain HTTP, garbage, or too slow
  Path,               // not what this listener is for
  Method,
  Scheme,          // a login that is not allowed here
  AddressChanged,  // the proxy in front sends several clients' requests on one connection
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::AddressChanged) + 1;
std::string_view name_of(Refusal refusal) noexcept;

class Admission {
 public:
  explicit Admission(std::size_t remembered = 65'536);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// One more session: nothing if it may come in, and then leave() must follow.
  std::optional<Refusal> enter(const IpAddress& client, const config::Listener& rules, TimePoint now);
  void leave(const IpAddress& client);
  /// A login begins.
  std::optional<Refusal> login(const IpAddress& client, const config::Listener& rules, TimePoint now);

  void count(Refusal refusal) noexcept {
    refused_[static_cast<std::size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t refused(Refusal refusal) const noexcept {
    return refused_[static_cast<std::size_t>(refusal)].load(std::memory_order_relaxed);
  }
  std::uint32_t sessions() const noexcept { return sessions_.load(std::memory_order_relaxed); }
  std::size_t remembered() const;

  SeenTiers& tiers() noexcept { return tiers_; }
  const SeenTiers& tiers() const noexcept { return tiers_; }
  /// A password came without encryption. True the first time: one warning is enough.
  bool note_clear_password() noexcept {
    return !clear_passwords_.load(std::memory_order_relaxed) && !clear_passwords_.exchange(true);
  }

 private:
  // Fills up at `rate` per second, and holds `most` at most.
  struct Bucket {
    double level = 0;
    TimePoint at{};
    bool take(double rate, double most, TimePoint now) noexcept;
  };
  struct Entry {
    std::uint32_t sessions = 0;
    Bucket arrivals;
    Bucket logins;
    std::list<ClientAddress>::iterator place;  // in the stripe's idle list, while it has no session
  };
  struct Stripe {
    mutable std::mutex lock;
    std::unordered_map<ClientAddress, Entry> entries;
    std::list<ClientAddress> idle;  // the one idle for longest first
  };
  static constexpr std::size_t kStripes = 64;

  static ClientAddress key_of(const IpAddress& client) noexcept { return {client, 32, 64}; }
  Stripe& stripe_of(const ClientAddress& key) noexcept { return stripes_[key.hash() % kStripes]; }
  Entry& entry_of(Stripe& stripe, const ClientAddress& key);

  const std::size_t idle_per_stripe_;
  std::array<Stripe, kStripes> stripes_;
  std::atomic<std::uint32_t> sessions_{0};
  std::atomic<bool> clear_passwords_{false};
  SeenTiers tiers_;
  std::array<std::atomic<std::uint64_t>, kRefusals> refused_{};
};

}  // namespace winrmlb::balance
