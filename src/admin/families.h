// Families: the metrics of one scrape, as they are put together, and how they become text.
//
// Label values come from a closed set or from the configuration, never from a client.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// A histogram's observations of all workers: per bucket, not cumulative; in seconds.
struct HistogramSum {
  std::vector<double> bounds;
  std::vector<std::uint64_t> buckets;
  double sum = 0;

  template <const auto& Bounds>
  void add(const telemetry::Histogram<Bounds>& histogram) {
    constexpr double kMicroseconds = 1e6;
    constexpr auto kBounds = telemetry::Histogram<Bounds>::kBounds;
    if (bounds.empty()) {
      for (const auto bound : Bounds)
        bounds.push_back(static_cast<double>(bound) / kMicroseconds);
      buckets.resize(kBounds + 1);
    }
    for (std::size_t i = 0; i <= kBounds; ++i)
      buckets[i] += histogram.in_bucket(i);
    sum += static_cast<double>(histogram.sum()) / kMicroseconds;
  }
};

class Families {
 public:
  void begin(std::string_view name, std::string help, prometheus::MetricType type) {
    families_.push_back({"winrm_lb_" + std::string(name), std::move(help), type, {}});
  }
  void begin_counters(std::string_view name, std::string help) {
    begin(name, std::move(help), prometheus::MetricType::Counter);
  }
  void begin_gauges(std::string_view name, std::string help) {
    begin(name, std::move(help), prometheus::MetricType::Gauge);
  }
  void begin_histograms(std::string_view name, std::string help) {
    begin(name, std::move(help), prometheus::MetricType::Histogram);
  }
  void add(double value, Labels labels = {});
  void add(const HistogramSum& histogram, Labels labels = {});
  void counter(std::string_view name, std::string help, double value) {
    begin_counters(name, std::move(help));
    add(value);
  }
  void gauge(std::string_view name, std::string help, double value) {
    begin_gauges(name, std::move(help));
    add(value);
  }
  /// Under the name that every program uses for it, without a prefix of ours.
  void common(std::string name, std::string help, prometheus::MetricType type, double value) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    add(value);
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  prometheus::ClientMetric& add_metric(Labels labels);
  std::vector<prometheus::MetricFamily> families_;
};

// Of one counter of every worker, named by a member pointer or picked by a function.
template <typename Pick>
double sum(const View& view, Pick pick) {
  std::uint64_t total = 0;
  for (const auto* worker : view.workers)
    total += std::invoke(pick, *worker).value();
  return static_cast<double>(total);
}

// The same of what each worker has counted for a pool or a server.
template <typename T, typename Pick>
double sum(const proxy::PerWorker<T>& workers, Pick pick) {
  std::uint64_t total = 0;
  for (const auto& worker : workers.all())
    total += std::invoke(pick, worker).value();
  return static_cast<double>(total);
}

// Calls `visit` with each pool's entry.
template <typename Visit>
void each_pool(const View& view, Visit visit) {
  for (const auto& entry : view.snapshot->pools)
    visit(std::string_view(entry.pool->name()), entry);
}

// Calls `visit` with pool, server, and the server's place in the pool's entry.
template <typename Visit>
void each_server(const View& view, Visit visit) {
  for (const auto& entry : view.snapshot->pools) {
    const auto& members = entry.pool->members();
    for (std::size_t i = 0; i < members.size(); ++i)
      visit(std::string_view(entry.pool->name()), std::string_view(members[i].state->name), entry, i);
  }
}

double seconds_of(WallTime time);
/// What a moment of the steady clock was on the wall.
WallTime wall_time_of(const View& view, TimePoint time);

void add_process(Families& families, const View& view);
void add_workers(Families& families, const View& view);
void add_listeners(Families& families, const View& view);
void add_traffic(Families& families, const View& view);
void add_winrm(Families& families, const View& view);
void add_tables(Families& families, const View& view);
void add_servers(Families& families, const View& view);
void add_health(Families& families, const View& view);

}  // namespace winrmlb::admin
