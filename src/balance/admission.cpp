#include "winrmlb/balance/admission.h"

#include <algorithm>

namespace winrmlb::balance {

namespace {

bool among(const std::vector<Prefix>& networks, const IpAddress& address) noexcept {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Prefix& network) { return network.contains(address); });
}

}  // namespace

std::string_view name_of(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::Denied:
      return "denied";
    case Refusal::Sessions:
      return "sessions";
    case Refusal::SessionsOfAddress:
      return "sessions_of_address";
    case Refusal::RateOfAddress:
      return "rate_of_address";
    case Refusal::LoginsOfAddress:
      return "logins_of_address";
    case Refusal::ProxyHeader:
      return "proxy_header";
    case Refusal::Tls:
      return "tls";
    case Refusal::Path:
      return "path";
    case Refusal::Method:
      return "method";
    case Refusal::Scheme:
      return "scheme";
    case Refusal::AddressChanged:
      return "address_changed";
  }
  return "unknown";
}

Admission::Admission(std::size_t remembered)
    : idle_per_stripe_(std::max<std::size_t>(1, remembered / kStripes)) {}

bool Admission::Bucket::take(double rate, double most, TimePoint now) noexcept {
  if (at == TimePoint{}) {
    level = most;
  } else if (now > at) {
    level = std::min(most, level + rate * std::chrono::duration<double>(now - at).count());
  }
  at = std::max(at, now);
  if (level < 1) return false;
  level -= 1;
  return true;
}

// The entry of an address; a new one takes the place of the one idle for longest, if there are too many.
Admission::Entry& Admission::entry_of(Stripe& stripe, const ClientAddress& key) {
  const auto [found, fresh] = stripe.entries.try_emplace(key);
  Entry& entry = found->second;
  if (!fresh) return entry;
  entry.place = stripe.idle.insert(stripe.idle.end(), key);
  if (stripe.idle.size() > idle_per_stripe_) {
    stripe.entries.erase(stripe.idle.front());
    stripe.idle.pop_front();
  }
  return entry;
}

std::optional<Refusal> Admission::enter(const IpAddress& client, const config::Listener& rules,
                                        TimePoint now) {
  if (among(rules.deny, client) || (!rules.allow.empty() && !among(rules.allow, client)))
    return Refusal::Denied;
  const auto& limits = rules.limits;
  // First the place, then the check, so that several workers at once do not exceed the limit.
  const auto before = sessions_.fetch_add(1, std::memory_order_relaxed);
  const auto refuse = [&](Refusal refusal) {
    sessions_.fetch_sub(1, std::memory_order_relaxed);
    return refusal;
  };
  if (limits.sessions != 0 && before >= limits.sessions) return refuse(Refusal::Sessions);
  const auto key = key_of(client);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard guard(stripe.lock);
  Entry& entry = entry_of(stripe, key);
  if (limits.sessions_per_address != 0 && entry.sessions >= limits.sessions_per_address)
    return refuse(Refusal::SessionsOfAddress);
  const double rate = limits.new_per_second;
  if (rate > 0 && !entry.arrivals.take(rate, 2 * rate, now)) return refuse(Refusal::RateOfAddress);
  if (entry.sessions++ == 0) stripe.idle.erase(entry.place);
  return std::nullopt;
}

void Admission::leave(const IpAddress& client) {
  sessions_.fetch_sub(1, std::memory_order_relaxed);
  const auto key = key_of(client);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.entries.find(key);
  if (found == stripe.entries.end() || found->second.sessions == 0) return;
  Entry& entry = found->second;
  if (--entry.sessions != 0) return;
  entry.place = stripe.idle.insert(stripe.idle.end(), key);
  if (stripe.idle.size() > idle_per_stripe_) {
    stripe.entries.erase(stripe.idle.front());
    stripe.idle.pop_front();
  }
}

std::optional<Refusal> Admission::login(const IpAddress& client, const config::Listener& rules,
                                        TimePoint now) {
  const double per_minute = rules.limits.logins_per_minute;
  if (per_minute <= 0) return std::nullopt;
  const auto key = key_of(client);
  Stripe& stripe = stripe_of(key);
  const std::lock_guard guard(stripe.lock);
  if (entry_of(stripe, key).logins.take(per_minute / 60, per_minute, now)) return std::nullopt;
  return Refusal::LoginsOfAddress;
}

std::size_t Admission::remembered() const {
  std::size_t count = 0;
  for (const auto& stripe : stripes_) {
    const std::lock_guard guard(stripe.lock);
    count += stripe.entries.size();
  }
  return count;
}

}  // namespace winrmlb::balance
