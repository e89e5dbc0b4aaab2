// Api: everything that a running process can be asked, and told to do, as one table of operations.
//
// Knows no sockets: the HTTP server and the control socket bring requests here, and the command line, the
// dashboard and programs are all clients of the same rows. A row says how it is called, what it takes, who
// may call it, and what it answers; arguments, permission, conditions and errors are dealt with here, once.
// Control thread only. Some answers are gathered from the workers and come later, on the same thread.
//
//   request ─▶ row (404, 405) ─▶ caller (401, 403) ─▶ arguments (400) ─▶ If-Match (412) ─▶ handler ─▶ answer
//                                                                          changes are logged with who and
//                                                                          whence
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "winrmlb/admin/events.h"
#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

/// Who asks. Found out by the transport.
struct Caller {
  enum class May : std::uint8_t { Little, Read, Change };
  May may = May::Little;
  std::string who;   // "uid 0", "token deploy", "nobody in particular"
  std::string from;  // "control socket, pid 71", "127.0.0.1:40412"
  /// How to be somebody who may more: Token by a bearer token, Socket by being another user.
  enum class Proof : std::uint8_t { Token, Socket };
  Proof proof = Proof::Token;
  std::string refused;  // a token came that is not ours, or the like; empty: nothing wrong
};

struct ApiRequest {
  std::string method;
  std::string target;  // path and query, as in the request line
  std::string body;
  std::string if_match;            // RFC 9110 13.1.1; empty: none
  std::string if_none_match = {};  // 13.1.2
  Caller caller;
};

struct ApiAnswer {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;
  std::shared_ptr<Subscription> events;  // set: the body is what it says, until it is over
};

/// Who may call an operation.
enum class Access : std::uint8_t {
  Free,    // whoever reaches the port: what monitoring systems ask
  Read,    // shows addresses, users and shells
  Change,  // changes something
};

struct Parameter {
  enum class In : std::uint8_t { Path, Query, Body };
  enum class Kind : std::uint8_t { Text, Number, Flag, Address, Choice };
  enum class Need : std::uint8_t { Optional, Required };
  std::string_view name;
  In in = In::Path;
  Kind kind = Kind::Text;
  Need need = Need::Optional;
  std::string_view help;
  std::int64_t least = 0;  // of numbers
  std::int64_t most = 0;
  std::vector<std::string_view> choices = {};
};

class Call;
using Answer = std::function<void(ApiAnswer)>;

struct Operation {
  std::string_view method;
  std::string_view path;  // "/api/v1/pools/{pool}/servers/{server}/drain"
  std::string_view name;  // "drain"
  Access access = Access::Read;
  std::string_view help;    // one sentence
  std::string_view answer;  // the name of the shape of its answer (shapes.h); empty: not JSON
  std::vector<Parameter> parameters;
  std::function<void(const Call&, const Answer&)> handler;
};

class Api {
 public:
  explicit Api(Verbs verbs);
  ~Api();

  /// Always answers, at once or later, exactly once.
  void answer(const ApiRequest& request, Answer answer);

  const std::vector<Operation>& operations() const noexcept { return operations_; }
  Events& events() noexcept { return events_; }
  const Verbs& verbs() const noexcept { return verbs_; }

 private:
  void log_change(const Operation& operation, const ApiRequest& request, const ApiAnswer& answer) const;

  Verbs verbs_;
  Events events_;
  std::vector<Operation> operations_;
};

/// RFC 9457.
ApiAnswer problem(unsigned status, std::string_view detail);

}  // namespace winrmlb::admin
