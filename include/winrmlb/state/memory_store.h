// MemoryStore: a StateStore that forgets with its owner. For tests, and for handing the records of one
// process to the next.
#pragma once

#include <map>

#include "winrmlb/state/store.h"

namespace winrmlb::state {

class MemoryStore final : public StateStore {
 public:
  Result<JournalReport> open(WallTime now, Heard heard) override;
  void put(const Record& record, Put why) override;
  void erase(const Key& key) override;
  bool wants_all() const override { return wants_all_; }
  void begin_all() override;
  void end_all() override;
  void tick(TimePoint) override {}
  void close() override {}
  Counters counters() const override;

  const std::map<Key, Record>& records() const noexcept { return records_; }
  /// As if it had missed something.
  void want_all() noexcept { wants_all_ = true; }
  /// As if another balancer had made the change.
  void hear(const Change& change) const {
    if (heard_) heard_(change);
  }

 private:
  std::map<Key, Record> records_;
  std::map<Key, Record> fresh_;  // between begin_all() and end_all()
  Heard heard_;
  bool telling_all_ = false;
  bool wants_all_ = false;
  Counters counters_;
};

}  // namespace winrmlb::state
