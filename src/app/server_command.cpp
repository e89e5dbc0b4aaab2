#include "winrmlb/app/server_command.h"

#include <iostream>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>

#include "winrmlb/admin/control_client.h"
#include "winrmlb/admin/drain.h"
#include "winrmlb/core/text.h"
#include "winrmlb/core/time.h"

namespace winrmlb::app {

namespace json = boost::json;

namespace {

constexpr int kFailed = 1;
constexpr int kCut = 3;
constexpr milliseconds kLook{500};

std::optional<seconds> parse_deadline(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char unit = text.back();
  const std::int64_t factor = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
  const auto number = parse_unsigned(text.substr(0, text.size() - 1), 100'000);
  if (factor == 0 || !number) return std::nullopt;
  return seconds(static_cast<std::int64_t>(*number) * factor);
}

void show(const ServerCommand& command, const json::object& drain) {
  std::cout << (command.as_json ? json::serialize(drain) : admin::drain_text(drain)) << std::endl;
}

bool was_cut(const json::object& drain) {
  return drain.at("sessions_cut").to_number<std::int64_t>() +
             drain.at("shells_cut").to_number<std::int64_t>() >
         0;
}

int fail(const std::string& what) {
  std::cerr << "winrm-lb: " << what << "\n";
  return kFailed;
}

}  // namespace

int run(const ServerCommand& command) {
  json::object request{{"command", std::string(admin::name_of(command.mode))}, {"server", command.server}};
  if (!command.pool.empty()) request["pool"] = command.pool;
  if (!command.deadline.empty()) {
    const auto deadline = parse_deadline(command.deadline);
    if (!deadline) return fail("'" + command.deadline + "' is no deadline; write 90s, 10m or 2h");
    request["deadline_seconds"] = deadline->count();
  }
  auto drain = admin::ask(command.socket, request);
  if (!drain) return fail(drain.error().detail);
  show(command, *drain);
  if (!command.wait) return 0;

  request["command"] = "drain_status";
  boost::asio::io_context io;
  std::string said = admin::drain_text(*drain);
  while (!drain->at("empty").as_bool()) {
    boost::asio::steady_timer(io, kLook).wait();
    drain = admin::ask(command.socket, request);
    if (!drain) return fail(drain.error().detail);
    if (drain->at("mode") != json::string_view("drain"))
      return fail("somebody else has set " + command.server + " to " +
                  std::string(drain->at("mode").get_string()) + " meanwhile");
    if (auto text = admin::drain_text(*drain); text != said) {
      said = std::move(text);
      show(command, *drain);
    }
  }
  return was_cut(*drain) ? kCut : 0;
}

}  // namespace winrmlb::app
