// Families: the metrics of one scrape, as they are put together, and how they become text.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

using Labels = std::vector<std::pair<std::string, std::string>>;

inline prometheus::ClientMetric labelled(const Labels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels)
    metric.label.push_back({name, value});
  return metric;
}

class Families {
 public:
  void begin(std::string name, std::string help, prometheus::MetricType type) {
    families_.push_back({"winrm_lb_" + std::move(name), std::move(help), type, {}});
  }
  void add(double value, const Labels& labels = {}) {
    auto metric = labelled(labels);
    auto& family = families_.back();
    if (family.type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family.metric.push_back(std::move(metric));
  }
  void counter(std::string name, std::string help, double value) {
    begin(std::move(name), std::move(help), prometheus::MetricType::Counter);
    add(value);
  }
  void gauge(std::string name, std::string help, double value) {
    begin(std::move(name), std::move(help), prometheus::MetricType::Gauge);
    add(value);
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
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

/// What is known of the messages themselves.
void add_winrm(Families& families, const View& view);

}  // namespace winrmlb::admin
