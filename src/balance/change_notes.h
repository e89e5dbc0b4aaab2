// ChangeNotes: which entries of a stripe have changed since a mirror of the table was last told (the state
// store). Under the stripe's lock, like all else there.
//
// An entry is noted once, however often it changes, and its keys are kept in a vector that keeps its room: a
// use that has to be told costs no allocation. Bounded: a mirror that does not come for too long is told that
// it has missed something.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace winrmlb::balance {

template <typename Key>
class ChangeNotes {
 public:
  static constexpr std::size_t kMost = 4096;

  void begin() { watching_ = true; }
  bool watching() const noexcept { return watching_; }
  /// False: nobody watches, or there are too many.
  bool note(const Key& key) {
    if (!watching_) return false;
    if (keys_.size() >= kMost) {
      missed_ = true;
      return false;
    }
    keys_.push_back(key);
    return true;
  }
  bool empty() const noexcept { return keys_.empty() && !missed_; }
  /// Into `keys`, which is empty and gives its room in exchange. True: others have been missed.
  bool take(std::vector<Key>& keys) {
    keys.swap(keys_);
    return std::exchange(missed_, false);
  }

 private:
  std::vector<Key> keys_;
  bool watching_ = false;
  bool missed_ = false;
};

}  // namespace winrmlb::balance
