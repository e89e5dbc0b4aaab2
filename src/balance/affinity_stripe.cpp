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
  note(record, now);
  return record;
}

void Stripe::remove(const ClientAddress& client) noexcept {
  const auto found = index_.find(client);
  if (found == index_.end()) return;
  if (!found->second.position->noted) (void)notes_.note(client);
  found->second.list->erase(found->second.position);
  index_.erase(found);
}

void Stripe::touch(Record& record, TimePoint now, Lifetimes times) noexcept {
  record.last_used = std::max(record.last_used, now);  // workers read the clock on their own
  auto& target = record.busy() ? busy_ : record.lingers(now, times) ? lingering_ : idle_;
  auto& place = index_.find(record.client)->second;
  target.splice(target.end(), *place.list, place.position);
  place.list = &target;
  const bool holds_more = record.busy() && !record.told_holds;
  if (record.moved || holds_more || now >= record.told + tell_every(times)) note(record, now);
}

void Stripe::set_back(Record& record, const AffinityTable::Kept& kept, TimePoint now,
                      Lifetimes times) noexcept {
  record.home = kept.home;
  record.since = kept.since;
  record.last_used = kept.last_used;
  if (kept.holds) record.last_opaque = kept.last_used;
  auto& place = index_.find(record.client)->second;
  auto& target = record.lingers(now, times) ? lingering_ : idle_;
  target.splice(target.end(), *place.list, place.position);
  place.list = &target;
}

// ---- the mirror
// -----------------------------------------------------------------------------------------------

void Stripe::note(Record& record, TimePoint now) {
  if (!notes_.watching()) return;
  record.told = now;
  record.moved = false;
  if (!record.noted) record.noted = notes_.note(record.client);
}

// Nothing touches an entry whose sessions stay: a mirror would take it for one that is not used. The list is
// in the order of touching and telling, so that whoever is not in front need not be told yet.
void Stripe::note_untouched(TimePoint now, Lifetimes times) {
  constexpr int kMost = 64;
  if (!notes_.watching()) return;
  for (int left = kMost; left > 0 && !busy_.empty(); --left) {
    auto& record = busy_.front();
    if (now < std::max(record.last_used, record.told) + tell_every(times)) return;
    note(record, now);
    busy_.splice(busy_.end(), busy_, busy_.begin());
  }
}

bool Stripe::take_changes(std::vector<ClientAddress>& room, std::vector<AffinityTable::Change>& changes,
                          TimePoint now, Lifetimes times) {
  if (notes_.empty()) return true;
  room.clear();
  const bool missed = notes_.take(room);
  for (const auto& client : room) {
    auto* record = find(client);
    if (record == nullptr) {
      changes.push_back({client, std::nullopt});
      continue;
    }
    record->noted = false;
    changes.push_back({client, kept_of(*record, now, times)});
    record->told_holds = changes.back().entry->holds;
  }
  return !missed;
}

AffinityTable::Kept kept_of(const Record& record, TimePoint now, Lifetimes times) noexcept {
  return {.client = record.client,
          .server = record.server,
          .home = record.home,
          .since = record.since,
          .last_used = record.busy() ? now : record.last_used,
          .holds = record.busy() || record.lingers(now, times)};
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
