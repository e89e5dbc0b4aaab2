// ControlSocket: the Api over a Unix socket, which the command line uses. Control thread.
//
// The kernel says who asks (unix(7), SO_PEERCRED): the socket's owner and root may change things, its group
// may read; others do not get in.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "winrmlb/admin/api.h"
#include "winrmlb/core/result.h"

namespace winrmlb::admin {

/// What happens to a process that answers on the path already: it stays, and opening fails, or it is replaced
/// once replace() is called.
enum class Replace : bool { OnlyIfStale, Later };

class ControlSocket {
 public:
  ControlSocket(boost::asio::io_context& io, Api& api);
  ~ControlSocket();

  /// Error: the path is in use by a live process, or cannot be made. A stale socket is replaced.
  Status open(const std::string& path, Replace how = Replace::OnlyIfStale);
  /// Takes the path over from whoever has it, in one step: no command finds nobody there.
  void replace();
  /// Ends all connections, and removes the path, unless another process has taken it over.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace winrmlb::admin
