// The control endpoint: JSON over HTTP/1.1, for tests and demonstrations. It is never balanced and needs no
// login, so it belongs on loopback.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/server.h"

namespace winrmlb::sim {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace json = boost::json;

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);

constexpr std::string_view kHelp =
    "GET    /seen?since=N   what each request was: connection, address, login, operation, shell, answer\n"
    "DELETE /seen           forgets them\n"
    "GET    /executed       the messages that were carried out, each with how often, and on which "
    "connections\n"
    "DELETE /executed       forgets them\n"
    "GET    /shells         the shells that live here\n"
    "GET    /counters       counters of the interpreter, and totals\n"
    "GET    /fault          the trouble in force\n"
    "POST   /fault          {\"mode\": \"none|hang|refuse|reset|reset_before|close|slow|503|quota\",\n"
    "                        \"operation\": \"Receive\", \"port\": \"http\", \"count\": 1, \"delay_ms\": "
    "1000, \"code\": 2150859173}\n"
    "POST   /kill_shells    loses all shells, as a restart of the service does\n"
    "POST   /cut            resets all client connections\n"
    "POST   /restart        both\n"
    "POST   /stop           ends the program\n";

struct Outcome {
  http::status status = http::status::ok;
  std::string body;
  bool is_text = false;
};

Outcome ok(json::object object) { return {http::status::ok, json::serialize(object) + "\n"}; }
Outcome bad(std::string_view why) {
  return {http::status::bad_request, json::serialize(json::object{{"error", why}}) + "\n"};
}

json::object to_json(const Seen& seen) {
  return {{"number", seen.number},
          {"received", seen.received},
          {"answered", seen.answered},
          {"connection", seen.connection},
          {"from", seen.from},
          {"port", seen.port},
          {"target", seen.target},
          {"forwarded_for", seen.forwarded_for},
          {"user_agent", seen.user_agent},
          {"scheme", seen.scheme},
          {"user", seen.user},
          {"refusal", seen.refusal},
          {"sealed", seen.sealed},
          {"operation", seen.operation},
          {"resource", seen.resource},
          {"message_id", seen.message_id},
          {"operation_id", seen.operation_id},
          {"session_id", seen.session_id},
          {"shell_id", seen.shell_id},
          {"command_id", seen.command_id},
          {"status", seen.status},
          {"fault", seen.fault},
          {"trouble", seen.trouble}};
}

json::object to_json(const Shell& shell) {
  const auto since = [](TimePoint then) {
    return std::chrono::duration<double>(Clock::now() - then).count();
  };
  json::array commands;
  for (const auto& [id, command] : shell.commands) {
    commands.push_back(json::object{
        {"command_id", id}, {"done", command.outlet->done}, {"waiting_bytes", command.outlet->queued_bytes}});
  }
  return {{"shell_id", shell.id},
          {"kind", shell.psrp ? "psrp" : "cmd"},
          {"owner", shell.owner},
          {"client_ip", shell.client_ip},
          {"session_id", shell.session_id},
          {"state", shell.disconnected ? "disconnected" : "connected"},
          {"age", since(shell.created)},
          {"idle", since(shell.last_use)},
          {"idle_limit", std::chrono::duration<double>(shell.idle_limit).count()},
          {"commands_started", shell.commands_started},
          {"commands", std::move(commands)}};
}

Outcome seen(Server& server, std::string_view query) {
  std::uint64_t since = 0;
  if (query.starts_with("since=")) since = parse_unsigned(query.substr(6)).value_or(0);
  json::array entries;
  for (const auto& entry : server.journal().entries()) {
    if (entry.number > since) entries.push_back(to_json(entry));
  }
  return ok({{"name", server.options().name}, {"seen", std::move(entries)}});
}

Outcome executed(Server& server) {
  json::array messages;
  for (const auto& one : server.journal().executed()) {
    messages.push_back(json::object{{"message_id", one.message_id},
                                    {"operation", one.operation},
                                    {"shell_id", one.shell_id},
                                    {"command_id", one.command_id},
                                    {"user", one.user},
                                    {"connections", json::value_from(one.connections)},
                                    {"times", one.connections.size()}});
  }
  return ok({{"name", server.options().name},
             {"executed", std::move(messages)},
             {"dropped", server.journal().executed_dropped()}});
}

Outcome shells(Server& server) {
  json::array list;
  for (const auto& [id, shell] : server.service().shells().all())
    list.push_back(to_json(*shell));
  return ok({{"name", server.options().name}, {"shells", std::move(list)}});
}

Outcome counters(Server& server) {
  json::object counts;
  for (const auto& [name, value] : server.service().counters())
    counts[name] = value;
  return ok({{"name", server.options().name},
             {"counters", std::move(counts)},
             {"uptime", server.uptime()},
             {"connections_accepted", server.connections_accepted()},
             {"connections_open", server.connections_open()},
             {"shells", server.service().shells().all().size()}});
}

Outcome show_fault(Server& server) {
  const Trouble& trouble = server.trouble();
  return ok({{"mode", trouble.active() ? name_of(trouble.mode) : "none"},
             {"operation", trouble.operation},
             {"port", trouble.port},
             {"count", trouble.count},
             {"hits", trouble.hits}});
}

Outcome set_fault(Server& server, const std::string& body) {
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error || !parsed.is_object()) return bad("the body is not a JSON object");
  Trouble trouble;
  for (const auto& [key, value] : parsed.get_object()) {
    boost::system::error_code not_a_number;
    const auto number = value.to_number<std::uint64_t>(not_a_number);
    const std::string text = value.is_string() ? std::string(value.get_string()) : "";
    if (key == "mode") {
      const auto mode = trouble_named(text);
      if (!mode)
        return bad("mode must be one of none, hang, refuse, reset, reset_before, close, slow, 503, quota");
      trouble.mode = *mode;
    } else if (key == "operation" && value.is_string()) {
      trouble.operation = text;
    } else if (key == "port" && (text == "http" || text == "https" || text.empty())) {
      trouble.port = text;
    } else if (key == "count" && !not_a_number) {
      trouble.count = number;
    } else if (key == "delay_ms" && !not_a_number) {
      trouble.delay = milliseconds(number);
    } else if (key == "code" && !not_a_number) {
      trouble.code = static_cast<std::uint32_t>(number);
    } else {
      return bad("unknown key or unfit value: " + std::string(key));
    }
  }
  try {
    server.set_trouble(std::move(trouble));
  } catch (const std::exception& failure) {
    return bad(failure.what());
  }
  return show_fault(server);
}

Outcome act(Server& server, const http::request<http::string_body>& request) {
  const std::string_view target(request.target().data(), request.target().size());
  const auto path = target.substr(0, target.find('?'));
  const auto query = path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{};
  const bool is_get = request.method() == http::verb::get;
  const bool is_post = request.method() == http::verb::post;
  if (is_get && path == "/") return {http::status::ok, std::string(kHelp), true};
  if (is_get && path == "/seen") return seen(server, query);
  if (request.method() == http::verb::delete_ && path == "/seen") {
    server.journal().clear();
    return ok({});
  }
  if (is_get && path == "/executed") return executed(server);
  if (request.method() == http::verb::delete_ && path == "/executed") {
    server.journal().clear_executed();
    return ok({});
  }
  if (is_get && path == "/shells") return shells(server);
  if (is_get && path == "/counters") return counters(server);
  if (is_get && path == "/fault") return show_fault(server);
  if (is_post && path == "/fault") return set_fault(server, request.body());
  if (is_post && path == "/kill_shells") return ok({{"shells", server.service().forget()}});
  if (is_post && path == "/cut") return ok({{"connections", server.cut_connections()}});
  if (is_post && path == "/restart") {
    const auto lost = server.service().forget();
    return ok({{"shells", lost}, {"connections", server.cut_connections()}});
  }
  if (is_post && path == "/stop") {
    server.stop();
    return ok({});
  }
  return {http::status::not_found, std::string(kHelp), true};
}

}  // namespace

asio::awaitable<void> serve_control(Server& server, Tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  while (true) {
    http::request<http::string_body> request;
    const auto [read_error, read_bytes] = co_await http::async_read(stream, buffer, request, kQuietly);
    if (read_error) co_return;
    Outcome outcome = act(server, request);
    http::response<http::string_body> response(outcome.status, request.version());
    response.set(http::field::content_type,
                 outcome.is_text ? "text/plain; charset=utf-8" : "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = std::move(outcome.body);
    response.prepare_payload();
    const auto [write_error, written] = co_await http::async_write(stream, response, kQuietly);
    if (write_error || !response.keep_alive()) co_return;
  }
}

}  // namespace winrmlb::sim
