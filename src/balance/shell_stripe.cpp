#include "shell_stripe.h"

#include <algorithm>

namespace winrmlb::balance {

namespace {
constexpr seconds kTellAtMostEvery{5};
}  // namespace

bool Holders::note(const ClientAddress& client) noexcept {
  const auto last = clients_.begin() + static_cast<std::ptrdiff_t>(size_);
  const auto found = std::find(clients_.begin(), last, client);
  if (found == last) return false;
  std::rotate(clients_.begin(), found, found + 1);
  return true;
}

std::optional<ClientAddress> Holders::add(const ClientAddress& client) noexcept {
  std::optional<ClientAddress> gone;
  if (size_ == kMost) {
    gone = clients_.back();
  } else {
    ++size_;
  }
  std::move_backward(clients_.begin(), clients_.begin() + static_cast<std::ptrdiff_t>(size_) - 1,
                     clients_.begin() + static_cast<std::ptrdiff_t>(size_));
  clients_[0] = client;
  return gone;
}

Pin* ShellStripe::find(const PinKey& key) noexcept {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &*found->second;
}

Pin& ShellStripe::insert(Pin pin) {
  Pins fresh;
  fresh.push_back(std::move(pin));
  auto& inserted = fresh.front();
  const auto indexed = index_.emplace(inserted.key, fresh.begin()).first;
  try {
    inserted.due = queue_.emplace(inserted.expires, &inserted);
  } catch (...) {
    index_.erase(indexed);
    throw;
  }
  inserted.position = fresh.begin();
  auto& list = list_of(inserted);
  list.splice(list.end(), fresh);
  note(inserted, inserted.last_used);
  return inserted;
}

void ShellStripe::remove(Pin& pin) noexcept {
  if (!pin.noted) (void)notes_.note(pin.key);
  index_.erase(pin.key);
  queue_.erase(pin.due);
  list_of(pin).erase(pin.position);
}

void ShellStripe::note_use(Pin& pin, TimePoint now, Duration lasting) noexcept {
  pin.last_used = std::max(pin.last_used, now);  // workers read the clock on their own
  pin.expires = std::max(pin.expires, now + lasting + pin.idle_limit + ShellRegistry::kMargin);
  auto& list = list_of(pin);
  list.splice(list.end(), list, pin.position);
  if (now >= pin.told + std::max<Duration>(pin.idle_limit / 8, kTellAtMostEvery)) note(pin, now);
}

void ShellStripe::set_back(Pin& pin, const ShellRegistry::Kept& kept) {
  pin.since = kept.since;
  pin.last_used = kept.last_used;
  set_idle_limit(pin, kept.idle_limit, kept.last_used);
  pin.expires = std::max(pin.expires, kept.expires);
}

void ShellStripe::set_idle_limit(Pin& pin, Duration idle_limit, TimePoint now) {
  pin.idle_limit = idle_limit;
  pin.expires = now + idle_limit + ShellRegistry::kMargin;
  if (pin.expires >= pin.due->first) return;
  auto place = queue_.extract(pin.due);
  place.key() = pin.expires;
  pin.due = queue_.insert(std::move(place));
}

void ShellStripe::note(Pin& pin, TimePoint now) {
  if (!notes_.watching()) return;
  pin.told = now;
  if (!pin.noted) pin.noted = notes_.note(pin.key);
}

bool ShellStripe::take_changes(std::vector<PinKey>& room, std::vector<ShellRegistry::Change>& changes) {
  if (notes_.empty()) return true;
  room.clear();
  const bool missed = notes_.take(room);
  for (const auto& key : room) {
    auto* pin = find(key);
    changes.push_back({key.id, key.kind, pin == nullptr ? std::nullopt : std::optional(kept_of(*pin))});
    if (pin != nullptr) pin->noted = false;
  }
  return !missed;
}

ShellRegistry::Kept kept_of(const Pin& pin) {
  return {.id = pin.key.id,
          .kind = pin.key.kind,
          .server = pin.server->id,
          .client = pin.holders.latest(),
          .resource = pin.resource,
          .since = pin.since,
          .last_used = pin.last_used,
          .idle_limit = pin.idle_limit,
          .expires = pin.expires};
}

Pin* ShellStripe::first_to_go() noexcept {
  for (auto* list : {&lesser_, &shells_}) {
    if (!list->empty()) return &list->front();
  }
  return nullptr;
}

Pin* ShellStripe::next_expired(TimePoint now, int& most) {
  while (most > 0 && !queue_.empty() && queue_.begin()->first <= now) {
    --most;
    auto& pin = *queue_.begin()->second;
    if (pin.expires <= now) return &pin;
    auto place = queue_.extract(queue_.begin());
    place.key() = pin.expires;
    pin.due = queue_.insert(std::move(place));
  }
  return nullptr;
}

}  // namespace winrmlb::balance
