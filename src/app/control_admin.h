// The two doors by which the running process is asked. Owned by Control, on its thread.
#pragma once

#include "winrmlb/admin/control_socket.h"
#include "winrmlb/admin/http_server.h"
#include "winrmlb/app/control.h"

namespace winrmlb::app {

struct Control::Admin {
  Admin(boost::asio::io_context& io, const admin::Verbs& verbs) : socket(io, verbs), http(io, verbs) {}
  admin::ControlSocket socket;
  admin::HttpServer http;
};

}  // namespace winrmlb::app
