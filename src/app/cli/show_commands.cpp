// Commands that show: status, clients, shells, sessions, plan, explain.
#include <iostream>

#include "winrmlb/admin/status.h"
#include "winrmlb/app/cli.h"
#include "winrmlb/balance/plan.h"
#include "winrmlb/config/load.h"

namespace winrmlb::app::cli {

namespace {

constexpr const char* kStatus =
    "Listeners and what can be seen of their traffic (connection: who talks to whom; header: status codes,\n"
    "logins; body: shells and operations), pools, and each server: its state, since when, why, and its "
    "checks.\n"
    "\n"
    "Examples:  winrm-lb status\n"
    "           winrm-lb status --json | jq '.pools[].servers[] | select(.state != \"up\")'\n"
    "\n"
    "Exit codes: 0 answered; 1 nobody answers there.";

constexpr const char* kClients =
    "An address stays at its server as long as it has sessions or shells there, and affinity.ttl after.\n"
    "\n"
    "Examples:  winrm-lb clients --server ps1\n"
    "           winrm-lb clients --limit 1000\n"
    "\n"
    "Exit codes: 0 answered; 1 there is no such pool or server, or nobody answers.";

constexpr const char* kShells =
    "Shells whose messages can be read; those of sealed sessions (NTLM and Kerberos over 5985) are known to\n"
    "their server only: winrm-lb sessions shows which are sealed.\n"
    "\n"
    "Examples:  winrm-lb shells --server ps1\n"
    "           winrm-lb shells --client 10.1.2.3\n"
    "\n"
    "Exit codes: 0 answered; 1 there is no such pool or server, or nobody answers.";

constexpr const char* kSessions =
    "A session is one client connection. bound: its login lives on its server connection; sealed: its "
    "messages\n"
    "cannot be read; idle: between two exchanges. The ids are those of the access log.\n"
    "\n"
    "Examples:  winrm-lb sessions --client 10.1.2.3\n"
    "           winrm-lb sessions --server ps1 --limit 1000 --json\n"
    "\n"
    "Exit codes: 0 answered; 1 there is no such pool or server, or nobody answers.";

constexpr const char* kPlan =
    "Of a pool with assign: planned, which lists its clients. The running process leaves those servers out "
    "that\n"
    "are out; with --config the plan of a file is printed, whatever runs.\n"
    "\n"
    "Examples:  winrm-lb plan teams\n"
    "           winrm-lb plan --config winrm-lb.yaml\n"
    "\n"
    "Exit codes: 0 answered; 1 there is no such pool, or it lists no clients; 2 the file has mistakes.";

constexpr const char* kExplain =
    "Runs the code that routes, and changes nothing: an address that has no entry yet gets none by this.\n"
    "Reasons: bound (its login lives there), pinned (its shell lives there), affinity (it is there), "
    "assigned\n"
    "(it is new), failover, failback, hunted (its shell is looked for), unavailable.\n"
    "\n"
    "Examples:  winrm-lb explain --client 10.1.2.3\n"
    "           winrm-lb explain --client 10.1.2.3 --shell 7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001\n"
    "           winrm-lb explain --client 10.2.0.7 --listener tls --host mail.example.net\n"
    "           winrm-lb explain --session 1000000000002\n"
    "\n"
    "Exit codes: 0 answered; 1 nobody answers there, or there is no such pool, listener or session.";

// What a list is narrowed by, and which page of it is shown.
struct Listed {
  std::string pool, server, client, session, after;
  std::string limit = "100";
};

void add_page(CLI::App& command, Listed& listed) {
  command.add_option("--limit", listed.limit, "How many at most, up to 1000")
      ->capture_default_str()
      ->type_name("NUMBER");
  command.add_option("--after", listed.after, "What the page before named as the next one's beginning")
      ->type_name("ID");
}

int list(const CommandLine& line, std::string target, const Listed& listed, const Text& text) {
  for (const auto& [name, value] : {std::pair{"server", &listed.server},
                                    {"client", &listed.client},
                                    {"session", &listed.session},
                                    {"limit", &listed.limit},
                                    {"after", &listed.after}})
    add_query(target, name, *value);
  return show(line, admin::ControlClient(line.socket).get(target), text);
}

void add_lists(CommandLine& line) {
  auto clients = std::make_shared<Listed>();
  auto* command = add_asking(
      line, "clients", "List which client address is at which server (affinity)", kClients, [&line, clients] {
        const std::string pool = clients->pool.empty() ? "-" : clients->pool;
        return list(line, "/pools/" + admin::percent_encoded(pool) + "/clients", *clients, clients_text);
      });
  command->add_option("--pool", clients->pool, "The pool, if there is more than one")->type_name("NAME");
  command->add_option("--server", clients->server, "Only those at this server")->type_name("SERVER");
  add_page(*command, *clients);

  const auto add_filtered = [&line](const char* name, const char* help, const char* footer, Text text) {
    auto listed = std::make_shared<Listed>();
    auto* filtered = add_asking(line, name, help, footer, [&line, listed, name, text] {
      std::string target = "/" + std::string(name);
      add_query(target, "pool", listed->pool);
      return list(line, target, *listed, text);
    });
    filtered->add_option("--client", listed->client, "Only those of this address")->type_name("ADDRESS");
    filtered->add_option("--server", listed->server, "Only those at this server")->type_name("SERVER");
    filtered->add_option("--pool", listed->pool, "Only those of this pool")->type_name("NAME");
    add_page(*filtered, *listed);
    return std::pair(filtered, listed);
  };
  add_filtered("shells", "List shells that are known to live on servers", kShells, shells_text);
  const auto [sessions, listed] = add_filtered("sessions", "List open sessions", kSessions, sessions_text);
  sessions->add_option("--session", listed->session, "Only the one with this id")->type_name("ID");
}

int plan_of_file(const std::string& file, const std::string& only) {
  const auto loaded = config::load_file(file);
  if (!loaded.settings) {
    for (const auto& mistake : loaded.mistakes)
      std::cerr << config::render(mistake);
    return kMistakes;
  }
  bool found = false;
  for (const auto& pool : loaded.settings->pools) {
    if ((!only.empty() && pool.name != only) || pool.clients.empty()) continue;
    found = true;
    std::cout << balance::plan_report(pool);
  }
  return found ? kDone : fail("no such pool lists clients");
}

void add_plan(CommandLine& line) {
  struct Given {
    std::string pool, file;
  };
  auto given = std::make_shared<Given>();
  auto* command = add_asking(
      line, "plan", "Show which listed client goes where, and what changes after each single failure", kPlan,
      [&line, given] {
        if (!given->file.empty()) return plan_of_file(given->file, given->pool);
        const std::string pool = given->pool.empty() ? "-" : given->pool;
        return show(line,
                    admin::ControlClient(line.socket).get("/pools/" + admin::percent_encoded(pool) + "/plan"),
                    plan_text);
      });
  command->add_option("pool", given->pool, "The pool, if there is more than one")->type_name("POOL");
  command->add_option("-c,--config", given->file, "Of this configuration, instead of the running process")
      ->type_name("FILE");
}

// Options that are named as the Api's parameters are.
struct Asked {
  const char* name;
  const char* type;
  const char* help;
};

constexpr Asked kAsked[] = {
    {"client", "ADDRESS", "The client's address"},
    {"session", "ID", "An open session that the message comes by, instead of a client"},
    {"shell", "ID", "The shell that its message names"},
    {"pool", "NAME", "The pool, if there is more than one"},
    {"listener", "NAME", "By which listener it comes: then its routes count"},
    {"sni", "NAME", "With --listener: the name that its TLS asks for"},
    {"host", "NAME", "With --listener: its Host field"},
    {"path", "PATH", "With --listener: the path of its request"},
    {"resource", "URI", "With --listener: its resource URI"},
    {"user", "USER", "The user that its login shows"},
};

void add_explain(CommandLine& line) {
  struct Given {
    std::string values[std::size(kAsked)];
    bool create = false;
  };
  auto given = std::make_shared<Given>();
  auto* command =
      add_asking(line, "explain", "Say which server a message goes to, and why", kExplain, [&line, given] {
        std::string target = "/explain";
        for (std::size_t i = 0; i < std::size(kAsked); ++i)
          add_query(target, kAsked[i].name, given->values[i]);
        if (given->create) add_query(target, "create", "true");
        return show(line, admin::ControlClient(line.socket).get(target), explain_text);
      });
  for (std::size_t i = 0; i < std::size(kAsked); ++i)
    command->add_option("--" + std::string(kAsked[i].name), given->values[i], kAsked[i].help)
        ->type_name(kAsked[i].type);
  command->add_flag("--create", given->create, "Its message asks for a new shell");
}

}  // namespace

void add_show_commands(CommandLine& line) {
  add_asking(line, "status", "Show listeners, pools and servers, and why each is as it is", kStatus, [&line] {
    return show(line, admin::ControlClient(line.socket).get("/status"), admin::status_text);
  });
  add_lists(line);
  add_explain(line);
  add_plan(line);
}

}  // namespace winrmlb::app::cli
