// What a scrape costs: 64 servers in eight pools, eight workers. It runs on the control thread; workers never
// wait for it.
#include <benchmark/benchmark.h>
#include <string>

#include "winrmlb/admin/metrics.h"

namespace {

using namespace winrmlb;

admin::View sixty_four_servers(std::vector<std::unique_ptr<proxy::Counters>>& counters) {
  constexpr std::size_t kWorkers = 8;
  auto snapshot = std::make_shared<proxy::Snapshot>();
  admin::View view;
  ServerId next(1);
  for (std::uint16_t p = 0; p < 8; ++p) {
    config::Pool settings;
    settings.name = "pool" + std::to_string(p);
    for (int i = 0; i < 8; ++i)
      settings.servers.push_back(
          {.name = "server" + std::to_string(i), .host = "10.0.0.1" + std::to_string(i)});
    proxy::PoolEntry entry;
    entry.pool = std::make_shared<balance::Pool>(PoolId(p), settings, 1000, nullptr, next);
    entry.traffic = std::make_shared<proxy::PerWorker<proxy::PoolTraffic>>(kWorkers);
    for (const auto& member : entry.pool->members()) {
      entry.server_traffic.push_back(std::make_shared<proxy::PerWorker<proxy::ServerTraffic>>(kWorkers));
      health::Report report{.server = member.state->id};
      report.checks.push_back({.name = "identify"});
      report.checks.push_back({.name = "identify_tls"});
      view.health.push_back(std::move(report));
    }
    snapshot->pools.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < kWorkers; ++i) {
    counters.push_back(std::make_unique<proxy::Counters>());
    view.workers.push_back(counters.back().get());
  }
  view.snapshot = snapshot;
  return view;
}

void scrape_of_64_servers(benchmark::State& state) {
  std::vector<std::unique_ptr<proxy::Counters>> counters;
  const auto view = sixty_four_servers(counters);
  for (auto _ : state)
    benchmark::DoNotOptimize(admin::metrics(view));
  state.counters["bytes"] = static_cast<double>(admin::metrics(view).size());
}
BENCHMARK(scrape_of_64_servers)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
