// Latencies in constant memory: log-linear buckets, 64 to each power of two, so 1.6 % off at worst.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace winrmlb::perf {

class Histogram {
 public:
  void record(std::uint64_t nanoseconds) {
    ++buckets_[index(nanoseconds)];
    ++count_;
  }

  void clear() {
    buckets_.fill(0);
    count_ = 0;
  }

  std::uint64_t count() const { return count_; }

  /// The least value that `share` (0..1) of the records do not exceed.
  std::uint64_t quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted) return value(i);
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::uint64_t kStep = 1u << kBits;

  static std::size_t index(std::uint64_t value) {
    if (value < kStep) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return static_cast<std::size_t>((shift + 1) * kStep + ((value >> shift) - kStep));
  }

  static std::uint64_t value(std::size_t index) {
    if (index < kStep) return index;
    const auto shift = index / kStep - 1;
    return (index % kStep + kStep) << shift;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * (1u << kBits)> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace winrmlb::perf
