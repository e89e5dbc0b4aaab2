// OperatorDesk: where operators are served: admin's Api and its two servers, over the parts of the process.
//
// Owned by Control, on its thread. What only workers know (sessions) is asked of them by posting; their
// answers come back to this thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "winrmlb/admin/api.h"
#include "winrmlb/admin/control_socket.h"
#include "winrmlb/admin/history.h"
#include "winrmlb/admin/http_server.h"
#include "winrmlb/app/farm.h"
#include "winrmlb/app/worker.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

class OperatorDesk {
 public:
  /// What Control lends.
  struct Lent {
    boost::asio::io_context& io;
    telemetry::Log& log;
    Farm& farm;
    const std::vector<std::unique_ptr<Worker>>& workers;
    std::function<admin::View()> view;  // without drains, which the desk adds
    std::function<Status()> reload;
  };
  OperatorDesk(Lent lent, TimePoint now);

  /// An error says which file or address is at fault.
  /// `handed`: a socket that was passed to the process for admin.bind.
  Status open(const config::Admin& settings, admin::Replace how, std::optional<net::ListeningSockets> handed);
  /// Takes the control socket over from the process before this one.
  void replace() { socket_.replace(); }
  std::optional<Endpoint> bound() const { return http_.bound(); }
  /// Of the listening socket, to hand it on; -1: there is none.
  int descriptor() const { return http_.descriptor(); }
  /// Tokens and certificate are read again; an error leaves all as it was.
  Status adopt(const config::Admin& settings);
  /// History and events; to be called now and then.
  void tick(TimePoint now, WallTime wall);
  void close();

 private:
  /// A server as it was at the last look.
  struct Seen {
    balance::Fitness fitness;
    config::ServerMode mode;
  };

  admin::Verbs verbs();
  admin::View view() const;
  void find_sessions(const admin::SessionQuery& query, std::function<void(admin::SessionPage)> answer);
  void kick(const proxy::SessionFilter& filter, admin::Kick how, std::function<void(std::size_t)> answer);
  telemetry::Level log_level() const;
  void log_change(const admin::Change& change);
  void note_changes(const admin::View& now);
  void renew_certificate();

  Lent lent_;
  admin::History history_;
  admin::Api api_;
  admin::ControlSocket socket_;
  admin::HttpServer http_;
  std::map<std::pair<std::string, std::string>, Seen> seen_;  // by pool and server
  TimePoint next_look_{};
  config::Admin settings_;
  std::shared_ptr<const net::TlsContext> tls_;  // of admin.bind; null: plain HTTP
  std::vector<net::FileStamp> changed_;         // of its files, as they were at the last look
  std::vector<net::FileStamp> refused_;         // could not be used; not tried again
  telemetry::RateLimited strangers_{seconds(1)};
};

}  // namespace winrmlb::app
