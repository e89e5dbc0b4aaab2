#include "winrmlb/state/file_store.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "winrmlb/net/clock.h"

namespace winrmlb::state {

using telemetry::Level;

namespace {

constexpr milliseconds kSyncEvery{500};
constexpr std::size_t kGrowth = 4;  // times its size after the last rewriting
constexpr mode_t kPrivate = 0600;

Error refused(const std::string& what, const std::string& path, int error) {
  return {ErrorCode::Config, Side::Local, what + " " + path + ": " + std::strerror(error)};
}

net::Descriptor open_private(const std::string& path, int flags) {
  return net::Descriptor(::open(path.c_str(), flags | O_CLOEXEC, kPrivate));
}

Result<std::string> whole_file(int descriptor, const std::string& path) {
  std::string bytes;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return refused("cannot read the state in", path, errno);
  bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = ::pread(descriptor, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("cannot read the state in", path, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

// So that a rename is on the disk.
void sync_folder_of(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const net::Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor) (void)::fsync(descriptor.get());
}

}  // namespace

FileStore::FileStore(FileStoreOptions options, telemetry::Log& log)
    : options_(std::move(options)), log_(log) {}

FileStore::~FileStore() { close(); }

Status FileStore::take_lock() {
  const auto path = options_.path + ".lock";
  auto descriptor = open_private(path, O_RDWR | O_CREAT);
  if (!descriptor) return refused("cannot open", path, errno);
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return refused("cannot lock", path, errno);
    return Error{ErrorCode::Config, Side::Local, "another process uses the state in " + options_.path};
  }
  lock_file_ = std::move(descriptor);
  return Done{};
}

Result<JournalReport> FileStore::open(WallTime now, Heard heard) {
  if (auto locked = take_lock(); !locked) return std::move(locked).error();
  JournalReport report;
  if (auto done = read(now, heard, report); !done) {
    lock_file_ = {};
    return std::move(done).error();
  }
  wants_all_ = true;  // what was read is rewritten: without what has ended, or was damaged
  telling_all_ = false;
  ending_ = false;
  writer_ = std::thread([this] { write_jobs(); });
  return report;
}

Status FileStore::read(WallTime now, const Heard& heard, JournalReport& report) {
  current_ = {open_private(options_.path, O_RDWR | O_CREAT), 0, true};
  const int descriptor = current_.descriptor.get();
  if (!current_.descriptor) return refused("cannot open the state in", options_.path, errno);
  (void)::fchmod(descriptor, kPrivate);
  auto bytes = whole_file(descriptor, options_.path);
  if (!bytes) return std::move(bytes).error();
  Records records;
  report = read_journal(*bytes, now, records);
  for (auto& [hash, record] : records)
    heard({std::move(record.key), std::move(record.value), record.expires});
  current_.bytes = bytes->size() - report.torn_bytes;
  if (report.other_version != 0) {
    // Kept for the program that can read it, which may come back.
    const auto aside = options_.path + ".version" + std::to_string(report.other_version);
    if (::rename(options_.path.c_str(), aside.c_str()) != 0)
      return refused("cannot move aside the state in", options_.path, errno);
    current_ = {open_private(options_.path, O_RDWR | O_CREAT | O_TRUNC), 0, true};
    if (!current_.descriptor) return refused("cannot open the state in", options_.path, errno);
  } else if (report.torn_bytes > 0 &&
             ::ftruncate(current_.descriptor.get(), static_cast<off_t>(current_.bytes)) != 0) {
    return refused("cannot write the state to", options_.path, errno);
  }
  if (::lseek(current_.descriptor.get(), 0, SEEK_END) < 0)
    return refused("cannot write the state to", options_.path, errno);
  if (current_.bytes == 0) {
    std::string header;
    append_journal_header(header);
    write(current_, header, options_.path);
    if (!current_.good) return refused("cannot write the state to", options_.path, errno);
  }
  bytes_ = bytes_after_rewrite_ = current_.bytes;
  return Done{};
}

// ---- the control thread
// -----------------------------------------------------------------------------------------

void FileStore::put(const Record& record, Put why) {
  ++counters_.puts;
  append(why == Put::Changed ? Job::What::Append : Job::What::AppendToNew,
         {record.key, record.value, record.expires});
}

void FileStore::erase(const Key& key) {
  ++counters_.erases;
  append(Job::What::Append, {key, std::nullopt});
}

void FileStore::append(Job::What what, const Change& change) {
  std::string bytes;
  if (append_change(bytes, change)) push(what, std::move(bytes));
}

void FileStore::begin_all() {
  wants_all_ = false;
  telling_all_ = true;
  missed_ = false;
  std::string header;
  append_journal_header(header);
  push(Job::What::Begin, std::move(header));
}

void FileStore::end_all() {
  telling_all_ = false;
  push(missed_ ? Job::What::Abandon : Job::What::End, {});
}

// The control thread ticks ten times a second or more, and the writer is woken then: not for each record.
void FileStore::push(Job::What what, std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (queued_bytes_ + bytes.size() > options_.queued_bytes) {
    wants_all_ = missed_ = true;
    return;
  }
  queued_bytes_ += bytes.size();
  const bool more = what == Job::What::Append || what == Job::What::AppendToNew;
  if (more && !jobs_.empty() && jobs_.back().what == what) {
    jobs_.back().bytes += bytes;
  } else {
    jobs_.push_back({what, std::move(bytes)});
  }
}

void FileStore::tick(TimePoint now) {
  const bool failing = failing_.load();
  if (failing && retry_at_ == TimePoint{}) retry_at_ = now + options_.retry;
  if (!failing) retry_at_ = {};
  const auto grown = options_.least_bytes + kGrowth * bytes_after_rewrite_.load();
  const bool due = failing ? now >= retry_at_ : bytes_.load() > grown;
  if (due && !telling_all_) {
    wants_all_ = true;
    retry_at_ = {};
  }
  changed_.notify_one();
}

void FileStore::close() {
  if (!writer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  writer_.join();
  current_ = {};
  next_ = {};
  rewriting_ = false;
  lock_file_ = {};
}

StateStore::Counters FileStore::counters() const {
  auto counters = counters_;
  counters.bytes = bytes_.load();
  counters.rewrites = rewrites_.load();
  counters.failures = failures_.load();
  counters.failing = failing_.load();
  return counters;
}

// ---- the writing thread
// -----------------------------------------------------------------------------------------

void FileStore::write_jobs() {
  TimePoint synced = net::now();
  bool ending = false;
  while (!ending) {
    Jobs jobs;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kSyncEvery, [this] { return !jobs_.empty() || ending_; });
      jobs.swap(jobs_);
      queued_bytes_ = 0;
      ending = ending_;
    }
    for (auto& job : jobs)
      work(job);
    const TimePoint now = net::now();
    if (unsynced_ && (ending || now >= synced + kSyncEvery)) {
      sync();
      synced = now;
    }
  }
}

void FileStore::work(Job& job) {
  switch (job.what) {
    case Job::What::Append:
      write(current_, job.bytes, options_.path);
      bytes_ = current_.bytes;
      if (rewriting_) write(next_, job.bytes, options_.path + ".new");
      return;
    case Job::What::AppendToNew:
      if (rewriting_) write(next_, job.bytes, options_.path + ".new");
      return;
    case Job::What::Begin:
      begin_new();
      if (rewriting_) write(next_, job.bytes, options_.path + ".new");
      return;
    case Job::What::End:
      end_new();
      return;
    case Job::What::Abandon:
      abandon_new();
      return;
  }
}

// After a failure nothing more is written there: what came of the last frame stays the torn end of the file.
void FileStore::write(File& file, std::string_view bytes, const std::string& name) {
  if (!file.good) return;
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto took = ::write(file.descriptor.get(), bytes.data() + written, bytes.size() - written);
    if (took < 0 && errno == EINTR) continue;
    if (took < 0) {
      file.good = false;
      return fail("cannot write the state to", name, errno);
    }
    written += static_cast<std::size_t>(took);
  }
  file.bytes += bytes.size();
  unsynced_ = true;
}

void FileStore::sync() {
  unsynced_ = false;
  if (!current_.good || ::fdatasync(current_.descriptor.get()) == 0) return;
  current_.good = false;
  fail("cannot sync the state in", options_.path, errno);
}

void FileStore::begin_new() {
  const auto path = options_.path + ".new";
  next_ = {open_private(path, O_RDWR | O_CREAT | O_TRUNC), 0, true};
  rewriting_ = static_cast<bool>(next_.descriptor);
  if (!rewriting_) fail("cannot open", path, errno);
}

void FileStore::end_new() {
  if (!std::exchange(rewriting_, false)) return;
  const auto path = options_.path + ".new";
  if (next_.good && ::fdatasync(next_.descriptor.get()) != 0) {
    next_.good = false;
    fail("cannot sync the state in", path, errno);
  }
  if (next_.good && ::rename(path.c_str(), options_.path.c_str()) != 0) {
    next_.good = false;
    fail("cannot rename to " + options_.path + " the state in", path, errno);
  }
  if (!next_.good) return abandon_new();
  sync_folder_of(options_.path);
  current_ = std::exchange(next_, {});
  bytes_ = current_.bytes;
  bytes_after_rewrite_ = current_.bytes;
  ++rewrites_;
  if (failing_.exchange(false))
    log_.write(Level::Info, "the state is written again", {{"file", options_.path}});
}

void FileStore::abandon_new() {
  rewriting_ = false;
  next_ = {};
  (void)::unlink((options_.path + ".new").c_str());
}

void FileStore::fail(const std::string& what, const std::string& name, int error) {
  ++failures_;
  if (failing_.exchange(true)) return;
  log_.write(Level::Error, what + " " + name + "; a restart would not know what has changed since",
             {{"file", name}, {"detail", std::string(std::strerror(error))}});
}

}  // namespace winrmlb::state
