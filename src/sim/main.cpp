// winrm-sim: a simulated PowerShell proxy server, to try winrm-lb with.
//
// It speaks WinRM as a Windows server does: Identify, cmd shells and PowerShell runspace pools, commands,
// long polls, faults, quotas, idle limits; Basic, NTLM, Negotiate and Kerberos with sealed messages; HTTP and
// HTTPS. pywinrm, curl and requests_ntlm work against it unmodified. It executes nothing of the host: a
// documented handful of commands is interpreted (--help lists them), everything else is answered as cmd.exe
// answers a word it does not know. PowerShell remoting is real as far as WS-Management goes, opens a runspace
// pool and returns one string for a pipeline.
//
// A control endpoint lets tests and demonstrations make it hang, refuse, reset, slow down or lose its shells,
// and reports which connection, user and shell each request had. Bind it to loopback: it asks for no login.
//
//   winrm-sim --name ps1 --http 127.0.0.11:5985 --https 127.0.0.11:5986 --certificate c.pem --key k.pem
//             --users-file users.txt --control 127.0.0.11:0 --allow-unencrypted
//
// Once everything listens it prints one line of JSON with the bound addresses, so port 0 is fine everywhere.
// NTLM needs Debian's gss-ntlmssp; Kerberos a keytab in KRB5_KTNAME. Where OpenSSL's legacy provider is
// needed for a client's MD4 and RC4, tests/support/openssl-legacy.cnf activates it by OPENSSL_CONF, for that
// process alone.
#include <csignal>
#include <fstream>
#include <iostream>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/interpreter.h"
#include "winrmlb/sim/server.h"

namespace {

using namespace winrmlb;

struct Arguments {
  std::string http;
  std::string https;
  std::string control;
  std::vector<std::string> users;
  std::string users_file;
  std::string accounts_file;
  std::string channel_binding = "none";
  std::string schemes = "basic,negotiate,ntlm,kerberos";
  std::string idle_connection = "120s";
  std::string idle_shell = "2h";
  std::string max_timeout = "60s";
  int ready_fd = STDOUT_FILENO;
};

[[noreturn]] void refuse(const std::string& why) {
  std::cerr << "winrm-sim: " << why << "\n";
  std::exit(2);
}

std::optional<Endpoint> endpoint(const std::string& text, const char* option) {
  if (text.empty()) return std::nullopt;
  auto parsed = Endpoint::parse(text);
  if (!parsed) refuse(std::string(option) + " " + text + ": expected ADDRESS:PORT, e.g. 127.0.0.11:5985");
  return parsed;
}

std::chrono::milliseconds duration(const std::string& text, const char* option) {
  const auto unit_at = text.find_first_not_of("0123456789");
  const auto number = parse_unsigned(std::string_view(text).substr(0, unit_at), 1'000'000'000);
  const auto unit = unit_at == std::string::npos ? std::string() : text.substr(unit_at);
  if (number && unit == "ms") return std::chrono::milliseconds(*number);
  if (number && unit == "s") return std::chrono::seconds(*number);
  if (number && unit == "m") return std::chrono::minutes(*number);
  if (number && unit == "h") return std::chrono::hours(*number);
  refuse(std::string(option) + " " + text + ": expected a number with a unit: 500ms, 120s, 5m, 2h");
}

// DOMAIN\user:password, as typed on a command line.
sim::User user_of(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos)
    refuse("--user: expected DOMAIN\\user:password (the text is not repeated here)");
  sim::User user;
  user.name = text.substr(0, colon);
  user.password = text.substr(colon + 1);
  if (const auto slash = user.name.find('\\'); slash != std::string::npos) {
    user.domain = user.name.substr(0, slash);
    user.name.erase(0, slash + 1);
  }
  return user;
}

// DOMAIN:user:password lines, the format that gss-ntlmssp reads too; '#' starts a comment.
void read_users(const std::string& option, const std::string& path, std::vector<sim::User>& users) {
  std::ifstream file(path);
  if (!file) refuse(option + " " + path + ": cannot be read");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) {
      refuse(option + " " + path + ":" + std::to_string(number) + ": expected DOMAIN:user:password");
    }
    users.push_back(
        {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
}

// The same with a fourth part, which says what the account may do.
void read_accounts(const std::string& path, std::vector<sim::User>& users) {
  const auto before = users.size();
  read_users("--accounts-file", path, users);
  for (auto user = users.begin() + static_cast<std::ptrdiff_t>(before); user != users.end(); ++user) {
    const auto colon = user->password.rfind(':');
    const auto role = colon == std::string::npos ? std::string() : user->password.substr(colon + 1);
    if (role != "administrator" && role != "user") {
      refuse("--accounts-file " + path + ": expected DOMAIN:user:password:administrator or ...:user for " +
             user->name);
    }
    user->administrator = role == "administrator";
    user->password.erase(colon);
  }
}

sim::ChannelBinding channel_binding_of(const std::string& text) {
  for (const auto level :
       {sim::ChannelBinding::None, sim::ChannelBinding::Relaxed, sim::ChannelBinding::Strict}) {
    if (equals_ignoring_case(sim::name_of(level), text)) return level;
  }
  refuse("--cbt " + text + ": expected none, relaxed or strict");
}

sim::Schemes schemes_of(const std::string& list) {
  sim::Schemes schemes{false, false, false, false};
  for (std::string_view rest = list; !rest.empty();) {
    const auto name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (name == "basic")
      schemes.basic = true;
    else if (name == "negotiate")
      schemes.negotiate = true;
    else if (name == "ntlm")
      schemes.ntlm = true;
    else if (name == "kerberos")
      schemes.kerberos = true;
    else
      refuse("--auth " + std::string(name) + ": expected basic, negotiate, ntlm, kerberos, joined by commas");
  }
  return schemes;
}

void declare(CLI::App& app, Arguments& arguments, sim::Options& options) {
  app.add_option("--name", options.name, "The server's computer name, as hostname prints it")
      ->capture_default_str();
  app.add_option("--http", arguments.http, "ADDRESS:PORT for plain WinRM; port 0 picks one");
  app.add_option("--https", arguments.https, "ADDRESS:PORT for WinRM over TLS");
  app.add_option("--certificate", options.certificate, "PEM file with the certificate chain for --https");
  app.add_option("--key", options.key, "PEM file with its private key");
  app.add_option("--user", arguments.users,
                 "DOMAIN\\user:password; may be given again. Visible to other users of this "
                 "machine in its process list: prefer --users-file");
  app.add_option("--users-file", arguments.users_file, "File of DOMAIN:user:password lines");
  app.add_option(
      "--accounts-file", arguments.accounts_file,
      "File of DOMAIN:user:password:ROLE lines; ROLE is administrator, as all others are, or user: "
      "one who can log in, but is denied a shell");
  app.add_option(
         "--cbt", arguments.channel_binding,
         "What a login over TLS (NTLM, Negotiate, Kerberos) must say of the certificate that its client "
         "saw: none looks at nothing, relaxed refuses a wrong one, strict a missing one too. Windows is "
         "relaxed: behind a balancer that ends TLS with another certificate, logins then fail")
      ->capture_default_str();
  app.add_option("--control", arguments.control,
                 "ADDRESS:PORT of the control endpoint; GET / there explains it");
  app.add_option("--auth", arguments.schemes,
                 "Schemes to offer. A Windows server offers no Basic by default, and NTLM "
                 "only inside Negotiate")
      ->capture_default_str();
  app.add_flag("--allow-unencrypted", options.allow_unencrypted,
               "Accept SOAP that is neither sealed nor inside TLS, which Basic on plain HTTP needs. Off on "
               "Windows by default");
  app.add_option("--max-shells-per-user", options.quotas.shells_per_user, "Shells of one user")
      ->capture_default_str();
  app.add_option("--max-shell-users", options.quotas.shell_users, "Users with shells at once")
      ->capture_default_str();
  app.add_option("--max-operations", options.quotas.operations_per_user, "Operations of one user")
      ->capture_default_str();
  app.add_option("--max-envelope", options.quotas.envelope_bytes, "Largest envelope in bytes")
      ->capture_default_str();
  app.add_option("--max-timeout", arguments.max_timeout, "Longest wait of one operation")
      ->capture_default_str();
  app.add_option("--idle-connection", arguments.idle_connection, "Idle limit of a connection")
      ->capture_default_str();
  app.add_option("--idle-shell", arguments.idle_shell, "Idle limit of a shell")->capture_default_str();
  app.add_option("--seen-limit", options.seen_limit, "Requests that the control endpoint remembers")
      ->capture_default_str();
  app.add_option("--ready-fd", arguments.ready_fd, "Descriptor for the ready line (standard output)");
}

void complete(const Arguments& arguments, sim::Options& options) {
  options.http = endpoint(arguments.http, "--http");
  options.https = endpoint(arguments.https, "--https");
  options.control = endpoint(arguments.control, "--control");
  options.schemes = schemes_of(arguments.schemes);
  options.timers.idle_connection = duration(arguments.idle_connection, "--idle-connection");
  options.timers.idle_shell = duration(arguments.idle_shell, "--idle-shell");
  options.timers.operation = duration(arguments.max_timeout, "--max-timeout");
  for (const auto& text : arguments.users)
    options.users.push_back(user_of(text));
  if (!arguments.users_file.empty()) read_users("--users-file", arguments.users_file, options.users);
  if (!arguments.accounts_file.empty()) read_accounts(arguments.accounts_file, options.users);
  options.channel_binding = channel_binding_of(arguments.channel_binding);
  if (!options.http && !options.https) refuse("nothing to listen on: give --http, --https or both");
  if (options.https && (options.certificate.empty() || options.key.empty())) {
    refuse("--https needs --certificate and --key");
  }
}

// Thousands of waiting polls are thousands of descriptors; the soft limit is often 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A simulated PowerShell proxy server: speaks WinRM like Windows, executes nothing.",
               "winrm-sim");
  app.set_version_flag("--version", WINRMLB_VERSION);
  app.footer("Commands that it understands:\n" + std::string(sim::known_commands()) +
             "\nExample, Basic over plain HTTP:\n"
             "  winrm-sim --name ps1 --http 127.0.0.1:5985 --control 127.0.0.1:5990 --allow-unencrypted \\\n"
             "            --users-file users.txt");
  Arguments arguments;
  sim::Options options;
  declare(app, arguments, options);
  CLI11_PARSE(app, argc, argv);
  complete(arguments, options);

  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  try {
    boost::asio::io_context io(1);
    sim::Server server(options, io);
    const std::string line = server.start() + "\n";
    if (write(arguments.ready_fd, line.data(), line.size()) < 0) refuse("the ready line cannot be written");
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code& error, int) {
      if (!error) server.stop();
    });
    io.run();
  } catch (const std::exception& error) {
    refuse(error.what());
  }
  return 0;
}
