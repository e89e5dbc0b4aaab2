#include "winrmlb/app/handed_sockets.h"

#include <algorithm>
#include <cstdlib>
#include <systemd/sd-daemon.h>
#include <utility>

namespace winrmlb::app {

Status HandedSockets::take_from_systemd() {
  char** names = nullptr;
  const int count =
      ::sd_listen_fds_with_names(1, &names);  // and no child of ours shall take them for its own
  Status status = Done{};
  for (int i = 0; i < count; ++i) {
    Status added = add(names && names[i] ? names[i] : "", net::Descriptor(SD_LISTEN_FDS_START + i));
    if (!added && status) status = std::move(added);
  }
  for (int i = 0; names && names[i]; ++i)
    std::free(names[i]);
  std::free(static_cast<void*>(names));
  return status;
}

Status HandedSockets::add(std::string name, net::Descriptor socket) {
  auto bound = net::adopt_listening(socket.get());
  if (!bound) {
    return Error{ErrorCode::System, Side::Local,
                 "the socket passed as '" + name + "' cannot be used: " + bound.error().detail};
  }
  handed_.push_back({std::move(name), *bound, std::move(socket)});
  return Done{};
}

std::optional<net::ListeningSockets> HandedSockets::take(const std::string& name, const Endpoint& bind) {
  const auto named =
      std::find_if(handed_.begin(), handed_.end(), [&](const auto& one) { return one.name == name; });
  if (named != handed_.end()) return take_from(Endpoint(named->bound));
  const auto bound = std::find_if(handed_.begin(), handed_.end(),
                                  [&](const auto& one) { return one.bound == bind && bind.port != 0; });
  if (bound != handed_.end()) return take_from(bind);
  return std::nullopt;
}

// All sockets of an address, in the order in which they came.
std::optional<net::ListeningSockets> HandedSockets::take_from(const Endpoint& bound) {
  net::ListeningSockets taken{bound, {}};
  for (auto& one : handed_) {
    if (one.bound == bound) taken.sockets.push_back(std::move(one.socket));
  }
  std::erase_if(handed_, [&](const auto& one) { return one.bound == bound; });
  return taken;
}

std::vector<Endpoint> HandedSockets::drop_rest() {
  std::vector<Endpoint> dropped;
  for (const auto& one : handed_) {
    if (std::find(dropped.begin(), dropped.end(), one.bound) == dropped.end()) dropped.push_back(one.bound);
  }
  handed_.clear();
  return dropped;
}

Result<std::vector<std::vector<net::Descriptor>>> share_out(const net::ListeningSockets& sockets,
                                                            std::size_t workers) {
  std::vector<std::vector<net::Descriptor>> shares(workers);
  const std::size_t have = sockets.sockets.size();
  for (std::size_t i = 0; have != 0 && i < std::max(have, workers); ++i) {
    auto copy = net::duplicate(sockets.sockets[i % have].get());
    if (!copy) return copy.error();
    shares[i % workers].push_back(std::move(*copy));
  }
  return shares;
}

}  // namespace winrmlb::app
