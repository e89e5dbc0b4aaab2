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

/// Observations counted by size: bucket i holds those that are at most bounds[i] and more than bounds[i - 1],
/// the last bucket those above all bounds. Bounds ascend. Written by one thread, read by any; a reader may
/// see a sum that is one observation apart from the buckets.
template <std::size_t N>
class Histogram {
 public:
  explicit constexpr Histogram(const std::array<double, N>& bounds) noexcept : bounds_(bounds) {}

  void observe(double value) noexcept {
    std::size_t bucket = 0;
    while (bucket < N && value > bounds_[bucket])
      ++bucket;
    buckets_[bucket].add();
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }

  const std::array<double, N>& bounds() const noexcept { return bounds_; }
  /// Of that bucket alone, not cumulative; `index` up to and including N.
  std::uint64_t in_bucket(std::size_t index) const noexcept { return buckets_[index].value(); }
  double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const auto& bucket : buckets_)
      all += bucket.value();
    return all;
  }

 private:
  std::array<double, N> bounds_;
  std::array<Counter, N + 1> buckets_{};
  std::atomic<double> sum_{0};
};

}  // namespace winrmlb::telemetry
