// Commands on a server: drain, ready, maintenance, weight.
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "winrmlb/admin/drain.h"
#include "winrmlb/admin/text.h"
#include "winrmlb/app/cli.h"
#include "winrmlb/core/text.h"
#include "winrmlb/core/time.h"

namespace winrmlb::app::cli {

namespace json = boost::json;

namespace {

constexpr milliseconds kLook{500};

constexpr const char* kDrain =
    "A drained server keeps the sessions and shells that are there; new addresses and new shells go "
    "elsewhere.\n"
    "An address whose traffic is sealed leaves once it has no session there and has been quiet for\n"
    "drain.opaque_quiet. With --wait the command stays until the server is empty and says who holds on; "
    "with\n"
    "--deadline what is left then is ended, each session after the exchange it is in. An operator's word\n"
    "outlasts a reload that does not change the server's state.\n"
    "\n"
    "Examples:  winrm-lb drain ps1\n"
    "           winrm-lb drain ps1 --wait --deadline 30m && ssh ps1 ...; winrm-lb ready ps1\n"
    "\n"
    "Exit codes: 0 done (with --wait: empty, and nobody was cut); 1 it could not be done;\n"
    "3 the deadline cut something.";

constexpr const char* kReady =
    "From a drain or from maintenance. It starts slowly (slow_start): its share of new clients grows.\n"
    "\n"
    "Example:  winrm-lb ready ps1\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done.";

constexpr const char* kMaintenance =
    "Sessions end after the exchange they are in, and shells on it are lost to their clients. To lose "
    "nothing,\n"
    "drain it.\n"
    "\n"
    "Example:  winrm-lb maintenance ps1\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done.";

constexpr const char* kWeight =
    "New clients go where there are the fewest per weight; those who are there stay. 0: takes no new one.\n"
    "Holds until a reload changes the configured weight, or the process ends. Without a weight: as "
    "configured.\n"
    "\n"
    "Examples:  winrm-lb weight ps1 50\n"
    "           winrm-lb weight ps1\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done.";

struct Given {
  std::string server;
  std::string pool;
  std::string deadline;
  std::string weight;
  bool wait = false;
};

void add_whom(CLI::App& command, Given& given) {
  command.add_option("server", given.server, "The server's name")->required()->type_name("SERVER");
  command.add_option("--pool", given.pool, "The pool, if more than one has such a server")->type_name("NAME");
}

std::string line_of(const json::object& drain) { return admin::drain_text(drain) + "\n"; }

bool was_cut(const json::object& drain) {
  return drain.at("sessions_cut").to_number<std::int64_t>() +
             drain.at("shells_cut").to_number<std::int64_t>() >
         0;
}

int change(const CommandLine& line, const Given& given, config::ServerMode mode) {
  const auto target = server_target(given.pool, given.server) + "/" + std::string(admin::name_of(mode));
  return show(line, admin::ControlClient(line.socket).ask("POST", target, {}), line_of);
}

// Says each time when something has changed, until nobody is left.
int wait_until_empty(const CommandLine& line, const Given& given, admin::Reply drain) {
  const admin::ControlClient client(line.socket);
  const auto target = server_target(given.pool, given.server) + "/drain";
  boost::asio::io_context io;
  std::string said = admin::drain_text(drain.json);
  while (!drain.json.at("empty").as_bool()) {
    boost::asio::steady_timer(io, kLook).wait();
    auto now = client.get(target);
    if (!now) return fail(now.error().detail);
    drain = std::move(*now);
    if (drain.json.at("mode") != json::string_view("drain"))
      return fail("somebody else has set " + given.server + " to " +
                  std::string(drain.json.at("mode").get_string()) + " meanwhile");
    auto text = admin::drain_text(drain.json);
    if (text == said) continue;
    said = std::move(text);
    std::cout << (line.as_json ? drain.body : said) << std::endl;
  }
  return was_cut(drain.json) ? kCut : kDone;
}

int drain(const CommandLine& line, const Given& given) {
  json::object body;
  if (!given.deadline.empty()) {
    const auto deadline = seconds_of(given.deadline);
    if (!deadline) return fail("'" + given.deadline + "' is no deadline; write 90s, 10m or 2h");
    body["deadline_seconds"] = *deadline;
  }
  auto reply =
      admin::ControlClient(line.socket).ask("POST", server_target(given.pool, given.server) + "/drain", body);
  const int code = show(line, reply, line_of);
  return code == kDone && given.wait ? wait_until_empty(line, given, std::move(*reply)) : code;
}

int weight(const CommandLine& line, const Given& given) {
  json::object body;
  if (!given.weight.empty()) {
    const auto number = parse_unsigned(given.weight, 1'000'000);
    if (!number) return fail("'" + given.weight + "' is no weight; it is a whole number, 0 to 1000");
    body["weight"] = *number;
  }
  const auto reply =
      admin::ControlClient(line.socket).ask("PUT", server_target(given.pool, given.server) + "/weight", body);
  return show(line, reply, [](const auto& server) {
    return admin::cell(server, "name") + ": weight " + admin::cell(server, "weight") + ", configured " +
           admin::cell(server, "configured_weight") + "\n";
  });
}

}  // namespace

void add_server_commands(CommandLine& line) {
  using config::ServerMode;
  const auto add = [&line](const char* name, const char* help, const char* footer, auto run) {
    auto given = std::make_shared<Given>();
    auto* command = add_asking(line, name, help, footer, [&line, given, run] { return run(line, *given); });
    add_whom(*command, *given);
    return std::pair(command, given);
  };
  const auto [drain_command, drained] =
      add("drain", "Take a server out: it keeps what lives there and takes nobody new", kDrain, drain);
  drain_command->add_flag("--wait", drained->wait, "Stay until it is empty, and say who holds on");
  drain_command
      ->add_option("--deadline", drained->deadline,
                   "End what is left after this time, between exchanges (90s, 10m, 2h)")
      ->type_name("TIME");
  add("ready", "Bring a server back into service", kReady,
      [](const CommandLine& whole, const Given& given) { return change(whole, given, ServerMode::Ready); });
  add("maintenance", "Take a server out at once; sessions end after their exchange", kMaintenance,
      [](const CommandLine& whole, const Given& given) {
        return change(whole, given, ServerMode::Maintenance);
      });
  const auto [weight_command, weighed] =
      add("weight", "Set a server's share of new clients, or take that back", kWeight, weight);
  weight_command->add_option("weight", weighed->weight, "0 to 1000; left out: as configured")
      ->type_name("WEIGHT");
}

}  // namespace winrmlb::app::cli
