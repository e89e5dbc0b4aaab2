// What the server has seen, for tests to prove what went where: one entry per HTTP request, the newest kept.
//
// Owned by the server, one thread. Entries are numbered for ever; the number is also the handle to complete
// one.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace winrmlb::sim {

struct Seen {
  std::uint64_t number = 0;
  double received = 0;           // seconds since the server started
  double answered = -1;          // -1: not yet, or never
  std::uint64_t connection = 0;  // counts accepted connections
  std::string from;              // the address and port at the other end of the TCP connection
  std::string port;              // "http" or "https"
  std::string target;
  std::string forwarded_for;  // X-Forwarded-For, or else Forwarded, as it came
  std::string user_agent;
  std::string scheme;  // of the login: Basic, Negotiate, NTLM, Kerberos; empty: none
  std::string user;
  std::string refusal;  // why a login was refused
  bool sealed = false;
  std::string operation;  // Create, Receive, ...; empty: no SOAP was read
  std::string resource;
  std::string message_id;
  std::string operation_id;
  std::string session_id;
  std::string shell_id;
  std::string command_id;
  unsigned status = 0;  // 0: no answer yet
  std::uint32_t fault = 0;
  std::string trouble;  // the injected fault that struck it
};

/// One message that was carried out: a test that finds it once, on all servers together, knows that nothing
/// was sent twice.
struct Executed {
  std::string message_id;
  std::string operation;
  std::string shell_id;
  std::string command_id;
  std::string user;
  std::vector<std::uint64_t> connections;  // that it came on, one for each time
};

class Journal {
 public:
  explicit Journal(std::size_t limit) : limit_(limit) {}
  std::uint64_t add(Seen seen);
  /// The entry, unless it has been dropped meanwhile.
  Seen* find(std::uint64_t number);
  const std::deque<Seen>& entries() const { return entries_; }
  void clear() { entries_.clear(); }

  /// The message of this entry has been carried out.
  void note_executed(const Seen& seen);
  /// In the order of their first time; the newest are kept, as many as entries.
  const std::deque<Executed>& executed() const { return executed_; }
  std::uint64_t executed_dropped() const { return executed_dropped_; }
  void clear_executed();

 private:
  std::size_t limit_;
  std::uint64_t next_ = 1;
  std::deque<Seen> entries_;
  std::deque<Executed> executed_;
  std::uint64_t executed_dropped_ = 0;
  std::unordered_map<std::string, std::uint64_t> executed_at_;  // its number since the last clear_executed()
};

}  // namespace winrmlb::sim
