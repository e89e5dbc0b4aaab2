#include "telemetry/telemetry_support.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace winrmlb::telemetry {

ScratchDirectory::ScratchDirectory() {
  directory_ = (std::filesystem::temp_directory_path() / "winrm-lb-telemetry-XXXXXX").string();
  if (::mkdtemp(directory_.data()) == nullptr) ADD_FAILURE() << "no scratch directory " << directory_;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

StuckFile::StuckFile(const std::string& path) {
  EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
  reader_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  EXPECT_GE(reader_, 0);
  EXPECT_EQ(::fcntl(reader_, F_SETPIPE_SZ, 4096), 4096);
}

StuckFile::~StuckFile() { ::close(reader_); }

std::string StuckFile::read(std::size_t bytes) {
  std::string out(bytes, '\0');
  std::size_t have = 0;
  while (have < bytes) {
    pollfd waited{reader_, POLLIN, 0};
    ::poll(&waited, 1, -1);
    const auto got = ::read(reader_, out.data() + have, bytes - have);
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  return out;
}

FileSizeLimit::FileSizeLimit(std::uint64_t bytes) : handler_before_(std::signal(SIGXFSZ, SIG_IGN)) {
  EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
  const rlimit limited{bytes, before_.rlim_max};
  EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
}

FileSizeLimit::~FileSizeLimit() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
  (void)std::signal(SIGXFSZ, handler_before_);
}

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace winrmlb::telemetry
