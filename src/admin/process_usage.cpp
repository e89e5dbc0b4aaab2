#include "process_usage.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace winrmlb::admin {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Newer kernels say the number as the directory's size; with older ones the entries are counted.
std::uint64_t count_descriptors() {
  struct stat directory {};
  if (::stat("/proc/self/fd", &directory) == 0 && directory.st_size > 0)
    return static_cast<std::uint64_t>(directory.st_size);
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return 0;
  const auto count = std::distance(begin(entries), end(entries));
  return count > 0 ? static_cast<std::uint64_t>(count - 1) : 0;  // one is that of the directory
}

std::uint32_t count_threads() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint32_t threads = 0;
    if (word == "Threads:" && status >> threads) return threads;
  }
  return 0;
}

}  // namespace

ProcessUsage process_usage() {
  ProcessUsage usage;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0)
    usage.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  std::uint64_t pages_virtual = 0;
  std::uint64_t pages_resident = 0;
  if (std::ifstream memory("/proc/self/statm"); memory >> pages_virtual >> pages_resident) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    usage.virtual_bytes = pages_virtual * page;
    usage.resident_bytes = pages_resident * page;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.most_descriptors = limit.rlim_cur;
  usage.open_descriptors = count_descriptors();
  usage.threads = count_threads();
  return usage;
}

}  // namespace winrmlb::admin
