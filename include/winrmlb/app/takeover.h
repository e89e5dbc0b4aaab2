// Takeover: how a process that was started to follow another comes to serve in its place. The other side is
// Upgrade; what is said between them stands in src/app/handover.h.
//
// Made before there is any thread, then used by Control while it starts. It waits for the other process,
// which answers within milliseconds or is gone.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "winrmlb/app/handed_sockets.h"
#include "winrmlb/core/result.h"

namespace winrmlb::app {

class Takeover {
 public:
  /// Null: this process follows no other. Else it becomes a child of the service manager, as the one that it
  /// follows will end long before it: the calling process forks, and only the child returns from here.
  static std::unique_ptr<Takeover> from_environment();

  /// The sockets of the process that serves now.
  Status receive(HandedSockets& sockets);
  /// Everything is ready but what depends on the state: that comes now, and nobody accepts from here on.
  Result<std::string> prepared();
  /// The workers accept. When this returns the service is this process, unless the other one gave up waiting
  /// in this very moment: then it ends this one.
  void serving();
  /// It will not come about.
  void failed(std::string_view why);

 private:
  explicit Takeover(net::Descriptor socket) : socket_(std::move(socket)) {}

  net::Descriptor socket_;
};

}  // namespace winrmlb::app
