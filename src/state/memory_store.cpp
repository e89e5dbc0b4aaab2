#include "winrmlb/state/memory_store.h"

#include <utility>

namespace winrmlb::state {

Result<JournalReport> MemoryStore::open(WallTime now, Heard heard) {
  heard_ = std::move(heard);
  JournalReport report;
  for (const auto& [key, record] : records_) {
    ++report.changes;
    if (record.expires <= now) {
      ++report.expired;
    } else {
      heard_({key, record.value, record.expires});
    }
  }
  return report;
}

void MemoryStore::put(const Record& record, Put why) {
  ++counters_.puts;
  if (telling_all_) fresh_[record.key] = record;
  if (why == Put::Changed) records_[record.key] = record;
}

void MemoryStore::erase(const Key& key) {
  ++counters_.erases;
  fresh_.erase(key);
  records_.erase(key);
}

void MemoryStore::begin_all() {
  wants_all_ = false;
  telling_all_ = true;
  fresh_.clear();
}

void MemoryStore::end_all() {
  telling_all_ = false;
  records_ = std::exchange(fresh_, {});
  ++counters_.rewrites;
}

StateStore::Counters MemoryStore::counters() const { return counters_; }

}  // namespace winrmlb::state
