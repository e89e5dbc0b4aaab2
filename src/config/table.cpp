#include "table.h"

#include "collections.h"
#include "list_fields.h"
#include "path_fields.h"
#include "text_checks.h"

namespace winrmlb::config {

using std::chrono::hours;

namespace {

const Table<LoginGuard>& login_guard_table() {
  static const Table<LoginGuard> table = {
      number("failures", &LoginGuard::failures, 0, 1000,
             "failed logins of one address and user within the window that block them; 0: off"),
      duration("window", &LoginGuard::window, seconds(1), hours(1), "in which they are counted"),
      duration("block", &LoginGuard::block, seconds(1), hours(1), "how long they are refused then"),
  };
  return table;
}

const Table<Syslog>& syslog_table() {
  static const Table<Syslog> table = {
      choice<Syslog, SyslogTo>("to", &Syslog::to,
                               {{"local", SyslogTo::Local}, {"udp", SyslogTo::Udp}, {"tcp", SyslogTo::Tcp}},
                               "the machine's own receiver, or one elsewhere"),
      optional_endpoint("address", &Syslog::address, "of the receiver elsewhere"),
      socket_path("socket", &Syslog::socket, "of the machine's own receiver"),
      choice<Syslog, std::uint8_t>("facility", &Syslog::facility,
                                   {{"user", 1},
                                    {"daemon", 3},
                                    {"local0", 16},
                                    {"local1", 17},
                                    {"local2", 18},
                                    {"local3", 19},
                                    {"local4", 20},
                                    {"local5", 21},
                                    {"local6", 22},
                                    {"local7", 23}},
                                   "under which the receiver files it"),
  };
  return table;
}

const Table<State>& state_table() {
  static const Table<State> table = {
      choice<State, StateStore>("store", &State::store,
                                {{"memory", StateStore::Memory}, {"file", StateStore::File}},
                                "in memory, which a restart forgets, or in a file, which is written behind: "
                                "a crash costs a second at most"),
      output_file("path", &State::path, "of the file; its folder must be there, and belong to the balancer"),
  };
  return table;
}

const Table<Log>& log_table() {
  static const Table<Log> table = {
      choice<Log, LogLevel>("level", &Log::level,
                            {{"trace", LogLevel::Trace},
                             {"debug", LogLevel::Debug},
                             {"info", LogLevel::Info},
                             {"warn", LogLevel::Warn},
                             {"error", LogLevel::Error}},
                            "the least important lines that are written"),
      choice<Log, LogFormat>("format", &Log::format, {{"json", LogFormat::Json}, {"text", LogFormat::Text}},
                             "json for programs, text for people"),
      output_file("file", &Log::file, "where the log goes; empty: standard output; syslog: to log.syslog"),
      output_file(
          "access_file", &Log::access_file,
          "where the line of each exchange goes; empty: with the log; off: nowhere; syslog: to log.syslog"),
      duration("repeats", &Log::repeats, seconds(0), hours(1),
               "lines of the log that say the same again within this are counted instead; 0ms: none is"),
      section("syslog", &Log::syslog, syslog_table(),
              "where files by the name of syslog are: messages of RFC 5424"),
  };
  return table;
}

const Table<Admin>& admin_table() {
  static const Table<Admin> table = {
      optional_endpoint("bind", &Admin::bind,
                        "HTTP for the API, /metrics, /livez and /readyz; none: off; TLS unless on loopback"),
      private_key("token_file", &Admin::token_file,
                  "lines of TOKEN or NAME TOKEN: who may change things there, and read from elsewhere; none: "
                  "nobody"),
      readable_file("certificate", &Admin::certificate, "PEM chain that its clients see, leaf first"),
      private_key("key", &Admin::key, "PEM private key of the certificate"),
      socket_path("socket", &Admin::socket, "the control socket of the command line; empty or off: none"),
  };
  return table;
}

const Table<Limits>& limits_table() {
  static const Table<Limits> table = {
      size("head_bytes", &Limits::head_bytes, 1024, 192 * 1024,
           "start line and header fields, of requests and of answers"),
      number("fields", &Limits::fields, 10, 256, "header fields in one head"),
      size("target_bytes", &Limits::target_bytes, 64, 64 * 1024, "the path and query of a request"),
      size("body_bytes", &Limits::body_bytes, 0, std::uint64_t{1} << 40,
           "one body, either way; 0B: no limit, since bodies stream"),
      size("identify_bytes", &Limits::identify_bytes, 0, std::uint64_t{1} << 40,
           "the envelope of Identify, which needs no login; 0B: no limit"),
      size("control_bytes", &Limits::control_bytes, 0, std::uint64_t{1} << 40,
           "an envelope that carries no data (Receive, Signal, Delete, Get, Pull and the like), if it can be "
           "read"),
      size("data_bytes", &Limits::data_bytes, 0, std::uint64_t{1} << 40,
           "any other envelope that can be read (Create, Command, Send); servers take 500 KiB unless told "
           "otherwise (MaxEnvelopeSizekb)"),
      number("sessions", &Limits::sessions, 0, 10'000'000,
             "client connections at once; 0: what the descriptor limit holds, two for each"),
      number("affinity_entries", &Limits::affinity_entries, 16, 100'000'000,
             "addresses remembered per pool; when full the oldest idle one goes"),
      number("pins", &Limits::pins, 16, 100'000'000,
             "shells remembered per pool; when full the one used longest ago goes"),
      size("held_bytes", &Limits::held_bytes, 0, 16 * 1024 * 1024,
           "of a request that is kept until answered, in case it must be sent to another server"),
  };
  return table;
}

const Table<Shutdown>& shutdown_table() {
  static const Table<Shutdown> table = {
      duration("lead", &Shutdown::lead, milliseconds(0), hours(1),
               "how long /readyz says no while all are still served, so that a virtual address can leave"),
      duration("deadline", &Shutdown::deadline, milliseconds(0), hours(24),
               "for exchanges under way; what is left then is cut, and counted in the log"),
      duration("after_upgrade", &Shutdown::after_upgrade, seconds(0), hours(7 * 24),
               "how long a process that another has taken over from serves the sessions it has"),
  };
  return table;
}

Field<Settings> version() {
  auto field = number("version", &Settings::version, 1, 1, "of this format");
  field.read = [](Reader& reader, const Value& value, const std::string& path, Settings&) {
    if (value.kind == Value::Kind::Scalar && value.text == "1") return;
    reader.report.mistake(value.place, path, "this winrm-lb reads version 1 of the configuration only");
  };
  return field;
}

}  // namespace

const Table<Settings>& settings_table() {
  static const Table<Settings> table = {
      version(),
      number("workers", &Settings::workers, 0, 1024,
             "threads that serve; 0: one per core; a change needs a restart"),
      listeners_field(),
      routes_field(),
      include_field(),
      pools_field(),
      texts("name_servers", &Settings::name_servers, "addresses, with or without a port", 8,
            check_name_server, "who is asked for the names of servers; none: the system's"),
      section("log", &Settings::log, log_table(), "what is written where"),
      section("admin", &Settings::admin, admin_table(), "how the running process is asked"),
      section("limits", &Settings::limits, limits_table(), "what one client, or all of them, may cost"),
      section("login_guard", &Settings::login_guard, login_guard_table(),
              "keeps a robot with a wrong password from locking an account"),
      section("shutdown", &Settings::shutdown, shutdown_table(), "how the process ends"),
      section("state", &Settings::state, state_table(),
              "what a restart must not forget: which address is where, shells, operators' words"),
  };
  return table;
}

}  // namespace winrmlb::config
