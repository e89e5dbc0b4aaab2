// FileTarget: lines into a file, or to standard output.
#pragma once

#include <atomic>
#include <string>

#include "line_target.h"

namespace winrmlb::telemetry {

class FileTarget final : public LineTarget {
 public:
  /// Empty or "-": standard output. Throws std::system_error if it cannot be opened.
  explicit FileTarget(std::string file);
  ~FileTarget() override;
  FileTarget(const FileTarget&) = delete;
  FileTarget& operator=(const FileTarget&) = delete;

  std::uint64_t write(std::string_view lines) noexcept override;
  bool reopen() noexcept override;

 private:
  static constexpr int kNone = -1;

  const std::string file_;
  const bool is_standard_output_;
  int descriptor_ = kNone;
  std::atomic<int> next_{kNone};  // to go on with
  bool torn_ = false;             // the last line has no end
};

}  // namespace winrmlb::telemetry
