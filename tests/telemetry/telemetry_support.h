// Files and pipes to log into, what was written there, and what writing it allocated.
#pragma once

#include <cstdint>
#include <string>
#include <sys/resource.h>

namespace winrmlb::telemetry {

/// A directory that goes with the test.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

 private:
  std::string directory_;
};

/// A named pipe whose writer blocks once some KiB are in it, like a disk that hangs.
class StuckFile {
 public:
  explicit StuckFile(const std::string& path);
  ~StuckFile();
  StuckFile(const StuckFile&) = delete;
  StuckFile& operator=(const StuckFile&) = delete;
  /// Reads that many bytes, waiting for them.
  std::string read(std::size_t bytes);

 private:
  int reader_;
};

/// While it lasts no file of this process can grow beyond that size: writes are cut, then refused.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes);
  ~FileSizeLimit();
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_before_)(int);
};

/// Calls of operator new by this thread so far; the test program brings an operator that counts.
std::uint64_t allocations_of_this_thread() noexcept;

std::string contents_of(const std::string& path);
std::size_t count_lines(const std::string& text);

}  // namespace winrmlb::telemetry
