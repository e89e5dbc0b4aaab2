#include "affinity_stripe.h"

namespace winrmlb::balance {

Entry Record::entry(TimePoint now, Duration ttl) const noexcept {
  const auto here = sessions.at(server);
  const bool lasting = pins.at(server) > 0 || lingers(now, ttl);
  return {
      .server = server,
      .home = home,
      .holds = here > 0 || lasting,
      .expects = expected > 0 && now<last_used + kConnectingTime, .more_than_a_session = here> 1 || lasting};
}

Record* Stripe::find(const ClientAddress& client) noexcept {
  const auto found = index_.find(client);
  return found == index_.end() ? nullptr : &*found->second.position;
}

Record& Stripe::insert(const ClientAddress& client, ServerId server, TimePoint now) {
  Records fresh;
  auto& record = fresh.emplace_back();
  record.client = client;
  record.server = server;
  record.since = now;
  record.last_used = now;
  index_.emplace(client, Place{&idle_, fresh.begin()});
  idle_.splice(idle_.end(), fresh);
  return record;
}

void Stripe::remove(const ClientAddress& client) noexcept {
  const auto found = index_.find(client);
  if (found == index_.end()) return;
  found->second.list->erase(found->second.position);
  index_.erase(found);
}

void Stripe::touch(Record& record, TimePoint now, Duration ttl) noexcept {
  record.last_used = std::max(record.last_used, now);  // workers read the clock on their own
  auto& target = record.busy() ? busy_ : record.lingers(now, ttl) ? lingering_ : idle_;
  auto& place = index_.find(record.client)->second;
  target.splice(target.end(), *place.list, place.position);
  place.list = &target;
}

const Record* Stripe::oldest_evictable(TimePoint now, Duration ttl) const noexcept {
  if (!idle_.empty()) return &idle_.front();
  if (!lingering_.empty() && !lingering_.front().lingers(now, ttl)) return &lingering_.front();
  return nullptr;
}

const Record* Stripe::oldest_expired(TimePoint now, Duration ttl) const noexcept {
  for (const auto* list : {&idle_, &lingering_}) {
    if (!list->empty() && list->front().expired(now, ttl)) return &list->front();
  }
  return nullptr;
}

}  // namespace winrmlb::balance
