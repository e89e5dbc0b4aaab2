// How a row of the Api's table is written: the call with its checked arguments, and the groups of rows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "winrmlb/admin/api.h"
#include "winrmlb/core/result.h"

namespace winrmlb::admin {

using Argument = std::variant<std::string, std::int64_t, bool>;
using Arguments = std::map<std::string, Argument, std::less<>>;

/// One call of an operation. The arguments fit the row's parameters.
class Call {
 public:
  Call(const Verbs& verbs, Events& events, const std::vector<Operation>& operations, Arguments arguments)
      : verbs_(verbs), events_(events), operations_(operations), arguments_(std::move(arguments)) {}

  const Verbs& verbs() const noexcept { return verbs_; }
  Events& events() const noexcept { return events_; }
  const std::vector<Operation>& operations() const noexcept { return operations_; }

  /// Empty if it was not given.
  std::string text(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name) const;
  bool flag(std::string_view name) const;
  /// Of Kind::Address.
  std::optional<IpAddress> address(std::string_view name) const;
  bool has(std::string_view name) const { return arguments_.contains(name); }

 private:
  const Verbs& verbs_;
  Events& events_;
  const std::vector<Operation>& operations_;
  Arguments arguments_;
};

/// From query and body to arguments. Error Config: what is wrong, and what would be right.
Result<Arguments> read_arguments(const Operation& operation, Arguments from_path, std::string_view query,
                                 std::string_view body);
/// %41 → A; nothing for what is no encoding (RFC 3986 2.1).
std::optional<std::string> percent_decoded(std::string_view text);

/// An answer that is there at once.
template <typename Work>
std::function<void(const Call&, const Answer&)> at_once(Work work) {
  return [work](const Call& call, const Answer& answer) { answer(work(call)); };
}

ApiAnswer json_answer(const boost::json::object& object);
ApiAnswer text_answer(unsigned status, std::string text, std::string type = "text/plain; charset=utf-8");
/// By the error's code: NotFound 404, Config 400, Closed 409, Limit 503.
ApiAnswer problem_of(const Error& error);

// In paths "-" stands for the only pool, or the only one that has such a server.
inline constexpr std::string_view kAnyPool = "-";

struct FoundServer {
  std::shared_ptr<balance::Pool> pool;
  balance::Member member;
};
Result<std::shared_ptr<balance::Pool>> find_pool(const View& view, std::string_view pool);
Result<FoundServer> find_server(const View& view, std::string_view pool, std::string_view server);

/// The id of a session as the log writes it.
std::string session_text(SessionId id);
std::optional<SessionId> parse_session(std::string_view text);

// Parameters that several rows take.
Parameter pool_in_path();
Parameter server_in_path();
Parameter client_in_path();
Parameter page_limit();
Parameter page_after();

// The groups.
void add_process_operations(std::vector<Operation>& all);
void add_server_operations(std::vector<Operation>& all);
void add_client_operations(std::vector<Operation>& all);
void add_session_operations(std::vector<Operation>& all);

}  // namespace winrmlb::admin
