// ControlSocket: the Unix socket behind `winrm-lb status`, `explain` and the other commands.
//
// Runs on the control thread. One request per connection: a JSON object with "command" on one line; the
// answer is one JSON object, then the connection is closed. The socket's group may ask; whatever changes
// something takes its owner, or root.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "winrmlb/admin/view.h"
#include "winrmlb/core/result.h"

namespace winrmlb::admin {

/// What happens to a process that answers on the path already: it stays, and opening fails, or it is replaced
/// once replace() is called.
enum class Replace : bool { OnlyIfStale, Later };

class ControlSocket {
 public:
  ControlSocket(boost::asio::io_context& io, Verbs verbs);
  ~ControlSocket();

  /// Error: the path is in use by a live process, or cannot be made. A stale socket is replaced.
  Status open(const std::string& path, Replace how = Replace::OnlyIfStale);
  /// Takes the path over from whoever has it, in one step: no command finds nobody there.
  void replace();
  /// Removes the path, unless another process has taken it over.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace winrmlb::admin
