#include "families.h"

#include <limits>

namespace winrmlb::admin {

prometheus::ClientMetric& Families::add_metric(Labels labels) {
  auto& metric = families_.back().metric.emplace_back();
  metric.label.reserve(labels.size());
  for (const auto& [name, value] : labels)
    metric.label.push_back({std::string(name), std::string(value)});
  return metric;
}

void Families::add(double value, Labels labels) {
  auto& metric = add_metric(labels);
  if (families_.back().type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void Families::add(const HistogramSum& histogram, Labels labels) {
  auto& all = add_metric(labels).histogram;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < histogram.buckets.size(); ++i) {
    so_far += histogram.buckets[i];
    const bool last = i == histogram.bounds.size();
    all.bucket.push_back({so_far, last ? std::numeric_limits<double>::infinity() : histogram.bounds[i]});
  }
  all.sample_count = so_far;
  all.sample_sum = histogram.sum;
}

double seconds_of(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

WallTime wall_time_of(const View& view, TimePoint time) {
  return view.started_wall + std::chrono::duration_cast<WallTime::duration>(time - view.started);
}

}  // namespace winrmlb::admin
