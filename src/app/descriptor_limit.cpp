#include "winrmlb/app/descriptor_limit.h"

#include <algorithm>
#include <sys/resource.h>

namespace winrmlb::app {

namespace {
constexpr std::uint64_t kOfTheProcess = 64;  // logs, admin, the state store, libraries
constexpr std::uint64_t kOfAWorker = 4;      // its epoll, its mailbox, and a spare or two
constexpr std::uint64_t kOfAServer = 4;      // checks of several kinds at once
constexpr std::uint64_t kOfASession = 2;
constexpr std::uint64_t kMostSessions = 5'000'000;
}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

// A listening socket is there twice: app's, and its worker's.
std::uint32_t sessions_that_fit(std::uint64_t descriptors, const OtherDescriptors& others) {
  const std::uint64_t taken =
      kOfTheProcess + others.workers * (kOfAWorker + 2 * others.listeners) + others.servers * kOfAServer;
  if (descriptors < taken + kOfASession) return 1;
  return static_cast<std::uint32_t>(std::min((descriptors - taken) / kOfASession, kMostSessions));
}

}  // namespace winrmlb::app
