#include "affinity_stripe.h"

namespace winrmlb::balance {

Entry Record::entry(TimePoint now, Lifetimes times) const noexcept {
  const auto here = sessions.at(server);
  const bool shells = pins.at(server) > 0;
  const bool lasting = shells || lingers(now, times);
  const bool expecting = expected > 0 && now < last_used + kConnectingTime;
  return {.server = server,
          .home = home,
          .holds = here > 0 || lasting,
          .expects = expecting,
          .more_than_a_session = here > 1 || lasting,
          .lives = here > 0 || shells,
          .quiet = !last_opaque || now >= *last_opaque + times.opaque_quiet};
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

void Stripe::touch(Record& record, TimePoint now, Lifetimes times) noexcept {
  record.last_used = std::max(record.last_used, now);  // workers read the clock on their own
  auto& target = record.busy() ? busy_ : record.lingers(now, times) ? lingering_ : idle_;
  auto& place = index_.find(record.client)->second;
  target.splice(target.end(), *place.list, place.position);
  place.list = &target;
}

const Record* Stripe::oldest_evictable(TimePoint now, Lifetimes times) const noexcept {
  if (!idle_.empty()) return &idle_.front();
  if (!lingering_.empty() && !lingering_.front().lingers(now, times)) return &lingering_.front();
  return nullptr;
}

const Record* Stripe::oldest_expired(TimePoint now, Lifetimes times) const noexcept {
  for (const auto* list : {&idle_, &lingering_}) {
    if (!list->empty() && list->front().expired(now, times)) return &list->front();
  }
  return nullptr;
}

}  // namespace winrmlb::balance
