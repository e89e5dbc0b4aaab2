#include "winrmlb/health/watch.h"

#include <algorithm>
#include <utility>

#include "prober.h"
#include "winrmlb/core/check.h"

namespace winrmlb::health {

using balance::Fitness;

Watch::Watch(net::Poller& poller, net::TimerWheel& wheel, Tell tell, Aside aside)
    : poller_(poller), wheel_(wheel), tell_(std::move(tell)), aside_(std::move(aside)) {}

Watch::~Watch() { WINRMLB_CHECK(stopped()); }

void Watch::update(std::vector<Watched> servers) {
  std::map<ServerId, Watched> wanted;
  for (auto& server : servers)
    wanted.emplace(server.state->id, std::move(server));
  std::erase_if(probers_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  for (auto& [id, server] : wanted) {
    if (const auto found = probers_.find(id); found != probers_.end()) {
      found->second->set(std::move(server));
    } else {
      auto prober = std::make_unique<Prober>(*this, std::move(server));
      auto& here = *(probers_[id] = std::move(prober));
      here.begin();
    }
  }
  at_work_ = true;
}

Others Watch::others_of(const Prober& prober) const {
  const bool any = std::any_of(probers_.begin(), probers_.end(), [&](const auto& entry) {
    const auto& other = *entry.second;
    return &other != &prober && other.watched().pool == prober.watched().pool &&
           other.watched().state->takes_new();
  });
  return any ? Others::Fit : Others::None;
}

void Watch::connect_failed(ServerId server, const Finding& finding) {
  if (const auto found = probers_.find(server); found != probers_.end())
    found->second->connect_failed(finding);
}

void Watch::passive(ServerId server, PassiveSignal signal, const Uuid& shell) {
  if (const auto found = probers_.find(server); found != probers_.end())
    found->second->passive(signal, shell);
}

std::vector<Report> Watch::reports() const {
  std::vector<Report> all;
  for (const auto& [id, prober] : probers_)
    all.push_back(prober->report());
  return all;
}

void Watch::stop() { probers_.clear(); }

}  // namespace winrmlb::health
