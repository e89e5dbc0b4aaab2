// Responder: what a connection answers. A request is logged in, opened, executed and sealed, and its way is
// noted in the journal.
//
// One per connection, which owns it and lends it the socket: long polls watch it for the client's leaving.
// The login belongs to the connection (login.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "winrmlb/sim/answer.h"
#include "winrmlb/sim/login.h"
#include "winrmlb/sim/server.h"

namespace winrmlb::sim {

class Responder {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  /// `port`: "http" or "https".
  Responder(Server& server, Tcp::socket& socket, std::string port);
  ~Responder();
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  /// A journal entry for the request, which answer() fills and end() closes.
  void begin(const Request& request);
  boost::asio::awaitable<void> answer(const Request& request, Answer& answer);
  void end(const Answer& answer);

 private:
  boost::asio::awaitable<void> opened(const Request& request, const LoginStep& step, Answer& answer);
  boost::asio::awaitable<void> execute(const std::string& body, const std::string& user,
                                       std::optional<EncryptedBody>& encrypted, Answer& answer);
  boost::asio::awaitable<void> handled(const SoapRequest& request, const std::string& user, Reply& reply);
  boost::asio::awaitable<void> troubled(TroubleMode mode, Answer& answer);
  bool seal(EncryptedBody& encrypted, Answer& answer);
  Fault quota_fault() const;
  void note(const SoapRequest& request);
  void note(const Reply& reply, TroubleMode mode);

  Server& server_;
  Tcp::socket& socket_;
  std::string port_;
  Login login_;
  std::shared_ptr<Server::Sockets> sockets_;
  std::uint64_t number_;
  std::string address_;
  std::string from_;
  std::uint64_t entry_ = 0;
};

}  // namespace winrmlb::sim
