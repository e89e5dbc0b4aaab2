// FileStore: records in a journal on disk (state/journal.h).
//
// The control thread appends to a queue in memory; a thread of the store's own writes it to the file at once
// and syncs the disk every half second, so that neither a slow disk nor a full one holds anybody up. What the
// queue cannot take is told again later, whole.
//
//   open ──▶ appending ──grown to several times its size, or something missed──▶ rewriting (file beside it)
//               ▲                                                                       │
//               └──────────────── synced, renamed over the old one, folder synced ◀─────┘
//
// While it is rewritten, the old file goes on: a crash at any point leaves one of the two, whole but for
// about the last half second. A lock (on a file of its own, since the journal changes its inode) keeps a
// second process away.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "winrmlb/net/listen.h"
#include "winrmlb/state/store.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::state {

struct FileStoreOptions {
  std::string path;
  std::size_t least_bytes = std::size_t{1} << 20;    // below, a journal is not worth rewriting
  std::size_t queued_bytes = std::size_t{64} << 20;  // that wait for the disk
  Duration retry = seconds(10);                      // after a failure
};

class FileStore final : public StateStore {
 public:
  FileStore(FileStoreOptions options, telemetry::Log& log);
  ~FileStore() override;

  Result<JournalReport> open(WallTime now, Heard heard) override;
  void put(const Record& record, Put why) override;
  void erase(const Key& key) override;
  bool wants_all() const override { return wants_all_; }
  void begin_all() override;
  void end_all() override;
  void tick(TimePoint now) override;
  void close() override;
  Counters counters() const override;

 private:
  /// What the writing thread is asked to do.
  struct Job {
    enum class What : std::uint8_t { Append, AppendToNew, Begin, End, Abandon };
    What what;
    std::string bytes;
  };
  using Jobs = std::deque<Job>;
  /// A journal that is written, and whether that has gone well so far.
  struct File {
    net::Descriptor descriptor;
    std::size_t bytes = 0;
    bool good = false;
  };

  Status take_lock();
  Status read(WallTime now, const Heard& heard, JournalReport& report);
  void append(Job::What what, const Change& change);
  void push(Job::What what, std::string bytes);

  // On the writing thread.
  void write_jobs();
  void work(Job& job);
  void write(File& file, std::string_view bytes, const std::string& name);
  void sync();
  void begin_new();
  void end_new();
  void abandon_new();
  void fail(const std::string& what, const std::string& name, int error);

  const FileStoreOptions options_;
  telemetry::Log& log_;
  net::Descriptor lock_file_;

  // The control thread's.
  Counters counters_;
  bool wants_all_ = false;
  bool telling_all_ = false;
  bool missed_ = false;  // something, since begin_all()
  TimePoint retry_at_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  Jobs jobs_;                     // under the mutex
  std::size_t queued_bytes_ = 0;  // under the mutex
  bool ending_ = false;           // under the mutex
  std::thread writer_;

  // The writing thread's.
  File current_;
  File next_;
  bool rewriting_ = false;
  bool unsynced_ = false;

  // From the writing thread to the control thread.
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> bytes_after_rewrite_{0};
  std::atomic<std::uint64_t> rewrites_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<bool> failing_{false};
};

}  // namespace winrmlb::state
