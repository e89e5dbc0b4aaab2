// Counters and histograms: numbers that one thread writes and any thread reads.
//
// With a single writer a load and a store replace the locked add: no cost beyond that of an ordinary integer,
// and a reader sees every value whole, if a moment late. Owned by whoever counts, usually one set per worker;
// admin sums the sets at a scrape. Two writers would lose counts.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace winrmlb::telemetry {

/// Only grows. Written by one thread, read by any.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Durations in microseconds, counted by size: bucket i holds those that are at most Bounds[i] and more than
/// Bounds[i - 1], the last bucket those above all bounds. Bounds ascend. Written by one thread, read by any;
/// a reader may see a sum that is one observation apart from the buckets. Fixed in size: nothing is
/// allocated.
template <const auto& Bounds>
class Histogram {
 public:
  static constexpr std::size_t kBounds = std::size(Bounds);

  void observe(std::uint64_t microseconds) noexcept {
    std::size_t bucket = 0;
    while (bucket < kBounds && microseconds > Bounds[bucket])
      ++bucket;
    buckets_[bucket].add();
    sum_.add(microseconds);
  }

  static constexpr const auto& bounds() noexcept { return Bounds; }
  /// Of that bucket alone, not cumulative; `index` up to and including kBounds.
  std::uint64_t in_bucket(std::size_t index) const noexcept { return buckets_[index].value(); }
  std::uint64_t sum() const noexcept { return sum_.value(); }

 private:
  std::array<Counter, kBounds + 1> buckets_{};
  Counter sum_;
};

}  // namespace winrmlb::telemetry
