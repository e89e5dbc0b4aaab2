// LoggedIn: what a check says on a Conversation as the account of the checks.
//
// Basic goes with each message. The other schemes log the connection in before its first message, and their
// messages are sealed unless TLS is around them, as Windows asks for (MS-WSMV 2.2.9.1). Calls into GSSAPI may
// wait for a KDC, so they are made aside; a check that loses patience leaves the call to itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "checks.h"

namespace winrmlb::health {

class LoggedIn {
 public:
  LoggedIn(Conversation& talk, const CheckOrder& order) : talk_(talk), order_(order) {}
  ~LoggedIn() { begin_anew(); }
  LoggedIn(const LoggedIn&) = delete;
  LoggedIn& operator=(const LoggedIn&) = delete;

  /// A message and its answer; the answer in the clear is in body().
  net::Task<Finding> ask(std::string_view content);
  const std::string& body() const noexcept { return body_; }
  /// The connection is another.
  void begin_anew();

 private:
  struct Party;  // the login, as the thread aside sees it
  net::Task<Finding> log_in();
  net::Task<Finding> step(std::string_view said);
  Finding take_challenge(std::string& token) const;
  Finding open_answer();

  Conversation& talk_;
  const CheckOrder& order_;
  std::shared_ptr<Party> party_;
  std::string last_token_;  // goes along with the first message
  std::string body_;
};

}  // namespace winrmlb::health
