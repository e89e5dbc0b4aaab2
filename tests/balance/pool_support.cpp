#include "balance/pool_support.h"

namespace winrmlb::balance::support {

Farm::Farm(int servers, std::uint32_t capacity_) : capacity(capacity_) {
  settings.name = "teams";
  for (int i = 1; i <= servers; ++i) {
    auto& server = settings.servers.emplace_back();
    server.name = "ps" + std::to_string(i);
    server.host = "10.1.0." + std::to_string(i);
  }
  load();
  all(Fitness::Up);
}

void Farm::load() {
  pool = std::make_unique<Pool>(PoolId(1), settings, capacity, pool.get(), next_id, pins);
  pool->commit();
}

void Farm::all(Fitness fitness) {
  for (const auto& member : pool->members()) {
    member.state->lost = fitness == Fitness::Down;
    member.state->fitness = fitness;
  }
}

int Farm::server(std::uint32_t number) {
  const auto choice = pool->route(facts(number), now);
  return choice.server ? std::stoi(pool->affinity().server(*choice.server)->name.substr(2)) : 0;
}

std::string Farm::text(std::uint32_t number) {
  const auto choice = pool->route(facts(number), now);
  const auto reason = std::string(name_of(choice.reason));
  return choice.server ? pool->affinity().server(*choice.server)->name + " " + reason : reason;
}

void Farm::open(std::uint32_t number, int server) { pool->session_opened(client(number), id(server), now); }

void Farm::close(std::uint32_t number, int server, bool opaque) {
  pool->session_closed(client(number), id(server), opaque, now);
}

std::vector<std::uint32_t> Farm::clients() {
  std::vector<std::uint32_t> counts;
  for (const auto& member : pool->members())
    counts.push_back(member.state->clients);
  return counts;
}

}  // namespace winrmlb::balance::support
