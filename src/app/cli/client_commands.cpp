// Commands on clients: pin, forget, kick.
#include "winrmlb/admin/text.h"
#include "winrmlb/app/cli.h"

namespace winrmlb::app::cli {

namespace json = boost::json;

namespace {

constexpr const char* kPin =
    "New sessions of the address go to the server from now on, as long as it is fit; what the address has\n"
    "elsewhere stays there until it ends. Holds until the address is forgotten, or the process ends.\n"
    "\n"
    "Example:  winrm-lb pin 10.1.2.3 ps2\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done.";

constexpr const char* kForget =
    "The address is as one never seen: its next session goes where new ones go, whatever it was pinned to. "
    "Not\n"
    "while it has sessions or shells: kick it first, or pin it elsewhere.\n"
    "\n"
    "Example:  winrm-lb forget 10.1.2.3\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done.";

constexpr const char* kKick =
    "Each session ends after the exchange that it is in, so that nobody's answer is cut in two; with --now "
    "it\n"
    "ends at once. The client may come again, and finds its place again.\n"
    "\n"
    "Examples:  winrm-lb kick --client 10.1.2.3\n"
    "           winrm-lb kick --session 1000000000002 --now\n"
    "           winrm-lb kick --server ps1\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done, or there is no such session.";

struct Whom {
  std::string client, server, pool, session;
  bool now = false;
};

int kick(const CommandLine& line, const Whom& whom) {
  json::object body;
  for (const auto& [name, value] : {std::pair{"client", &whom.client},
                                    {"server", &whom.server},
                                    {"pool", &whom.pool},
                                    {"session", &whom.session}}) {
    if (!value->empty()) body[name] = *value;
  }
  if (whom.now) body["now"] = true;
  const auto reply = admin::ControlClient(line.socket).ask("POST", "/sessions/kick", body);
  return show(line, reply, [](const auto& answer) {
    const auto kicked = admin::cell(answer, "kicked");
    return kicked + (kicked == "1" ? " session ends\n" : " sessions end\n");
  });
}

void add_kick(CommandLine& line) {
  auto whom = std::make_shared<Whom>();
  auto* command = add_asking(line, "kick", "End sessions: one, or all of an address, a server or a pool",
                             kKick, [&line, whom] { return kick(line, *whom); });
  command->add_option("--client", whom->client, "Those of this address")->type_name("ADDRESS");
  command->add_option("--server", whom->server, "Those at this server")->type_name("SERVER");
  command->add_option("--pool", whom->pool, "Those of this pool")->type_name("NAME");
  command->add_option("--session", whom->session, "The one with this id")->type_name("ID");
  command->add_flag("--now", whom->now, "Do not wait for exchanges to end");
}

}  // namespace

void add_client_commands(CommandLine& line) {
  add_kick(line);
  auto pinned = std::make_shared<Whom>();
  auto* pin = add_asking(line, "pin", "Give a client address to a server", kPin, [&line, pinned] {
    const auto reply =
        admin::ControlClient(line.socket)
            .ask("PUT", client_target(pinned->pool, pinned->client) + "/pin", {{"server", pinned->server}});
    return show(line, reply, client_text);
  });
  pin->add_option("client", pinned->client, "The client's address")->required()->type_name("ADDRESS");
  pin->add_option("server", pinned->server, "The server's name")->required()->type_name("SERVER");
  pin->add_option("--pool", pinned->pool, "The pool, if there is more than one")->type_name("NAME");

  auto forgotten = std::make_shared<Whom>();
  auto* forget = add_asking(line, "forget", "Forget where a client address was", kForget, [&line, forgotten] {
    const auto reply = admin::ControlClient(line.socket)
                           .ask("DELETE", client_target(forgotten->pool, forgotten->client), {});
    return show(line, reply,
                [](const auto& answer) { return admin::cell(answer, "client") + " is forgotten\n"; });
  });
  forget->add_option("client", forgotten->client, "The client's address")->required()->type_name("ADDRESS");
  forget->add_option("--pool", forgotten->pool, "The pool, if there is more than one")->type_name("NAME");
}

}  // namespace winrmlb::app::cli
