// RecentMap: a bounded map in order of use. When full, the entry touched longest ago makes room. No lock of
// its own.
#pragma once

#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

#include "salted_hash.h"

namespace winrmlb::balance {

template <typename Key, typename Value>
class RecentMap {
 public:
  RecentMap(std::size_t most, SaltedHash hash) : most_(most), index_(0, hash) {}

  template <typename Wanted>
  Value* find(const Wanted& key) noexcept {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->second;
  }
  template <typename Wanted>
  const Value* find(const Wanted& key) const noexcept {
    return const_cast<RecentMap*>(this)->find(key);
  }
  /// The entry, made if need be, and the one used last from now on.
  template <typename Wanted>
  Value& touch(const Wanted& key) {
    if (const auto found = index_.find(key); found != index_.end()) {
      entries_.splice(entries_.end(), entries_, found->second);
      return found->second->second;
    }
    if (index_.size() >= most_) remove_oldest();
    entries_.emplace_back(Key(key), Value{});
    index_.emplace(entries_.back().first, std::prev(entries_.end()));
    return entries_.back().second;
  }
  template <typename Wanted>
  void remove(const Wanted& key) noexcept {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const auto entry = found->second;  // whose key may be the one that was passed
    index_.erase(found);
    entries_.erase(entry);
  }
  void remove_oldest() noexcept {
    index_.erase(index_.find(entries_.front().first));
    entries_.pop_front();
  }

  bool full() const noexcept { return index_.size() >= most_; }
  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return index_.size(); }
  const std::pair<const Key, Value>& oldest() const noexcept { return entries_.front(); }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }

 private:
  using Entries = std::list<std::pair<const Key, Value>>;

  std::size_t most_;
  Entries entries_;
  std::unordered_map<Key, typename Entries::iterator, SaltedHash, std::equal_to<>> index_;
};

}  // namespace winrmlb::balance
