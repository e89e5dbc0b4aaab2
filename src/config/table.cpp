#include "table.h"

#include "collections.h"
#include "field_kinds.h"
#include "limits.h"

namespace winrmlb::config {

using std::chrono::hours;

namespace {

constexpr hours kDay{24};

std::string check_name(std::string_view value) {
  return is_name(value) ? ""
                        : in_quotes(value) + " is no name; use letters, digits and - _ . up to 64 of them";
}
std::string check_host(std::string_view value) {
  if (is_host(value)) return "";
  const auto text = in_quotes(value) + " is neither an IP address nor a host name";
  if (value.find("://") != std::string_view::npos) return text + "; write the host without http://";
  if (!value.empty() && value.front() == '[') return text + "; write IPv6 addresses without brackets";
  const auto colon = value.find(':');
  if (colon != std::string_view::npos && is_host(value.substr(0, colon)))
    return text + "; the port has keys of its own, port and tls_port";
  return text;
}
std::string check_fingerprint(std::string_view value) {
  std::size_t digits = 0;
  for (const char c : value) {
    if (c == ':' || c == ' ') continue;
    const char lower = to_lower(c);
    if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) digits = 1000;
    ++digits;
  }
  return digits == 64
             ? ""
             : in_quotes(value) + " is no SHA-256 fingerprint; it has 64 hexadecimal digits, colons allowed";
}

const Table<ListenerTls>& listener_tls_table() {
  static const Table<ListenerTls> table = {
      required(
          readable_file("certificate", &ListenerTls::certificate, "PEM chain that clients see, leaf first")),
      required(readable_file("key", &ListenerTls::key, "PEM private key of the certificate")),
      choice<ListenerTls, TlsVersion>("min_version", &ListenerTls::min_version,
                                      {{"1.2", TlsVersion::Tls12}, {"1.3", TlsVersion::Tls13}},
                                      "oldest TLS version that clients may speak"),
  };
  return table;
}

Field<Listener> listener_tls() {
  Field<Listener> field;
  field.doc = {.name = "tls",
               .type = "section",
               .why = "makes it a TLS listener: it decrypts here and encrypts again to the servers' tls_port",
               .shape = Doc::Shape::Map};
  for (const auto& child : listener_tls_table())
    field.doc.children.push_back(child.doc);
  field.read = [](Reader& reader, const Value& value, const std::string& path, Listener& listener) {
    read_map(reader, value, path, listener_tls_table(), listener.tls.emplace());
  };
  field.show = [](const Listener& listener) {
    return listener.tls ? show_map(listener_tls_table(), *listener.tls) : "";
  };
  return field;
}

const Table<Affinity>& affinity_table() {
  static const Table<Affinity> table = {
      choice<Affinity, Assign>(
          "assign", &Affinity::assign,
          {{"balanced", Assign::Balanced}, {"hash", Assign::Hash}, {"planned", Assign::Planned}},
          "how a new address gets its server: by fewest clients, by hash, or by the list of clients"),
      duration("ttl", &Affinity::ttl, seconds(60), 30 * kDay,
               "how long an address that holds nothing is remembered; at least the servers' shell idle time"),
      choice<Affinity, Failback>(
          "failback", &Affinity::failback,
          {{"when-idle", Failback::WhenIdle}, {"never", Failback::Never}, {"immediate", Failback::Immediate}},
          "when an address returns to the server that it left because that was down"),
      number("prefix4", &Affinity::prefix4, 8, 32,
             "IPv4 addresses that share so many first bits are one client"),
      number("prefix6", &Affinity::prefix6, 16, 128,
             "IPv6 addresses that share so many first bits are one client"),
  };
  return table;
}

const Table<ServerTls>& server_tls_table() {
  static const Table<ServerTls> table = {
      choice<ServerTls, Verify>("verify", &ServerTls::verify,
                                {{"full", Verify::Full}, {"none", Verify::None}},
                                "whether a server must prove who it is; none is for a laboratory"),
      readable_file("ca", &ServerTls::ca,
                    "PEM certificates that servers are verified with; none: the system's"),
      text("server_name", &ServerTls::server_name, "host name", check_host,
           "name that every server's certificate must hold; none: the server's host"),
      text("fingerprint", &ServerTls::fingerprint, "SHA-256 fingerprint", check_fingerprint,
           "of a server certificate that is accepted without a chain, as for self-signed ones"),
      choice<ServerTls, TlsVersion>("min_version", &ServerTls::min_version,
                                    {{"1.2", TlsVersion::Tls12}, {"1.3", TlsVersion::Tls13}},
                                    "oldest TLS version that servers may speak"),
  };
  return table;
}

const Table<Timeouts>& timeouts_table() {
  static const Table<Timeouts> table = {
      duration("connect", &Timeouts::connect, milliseconds(50), seconds(60), "for TCP to a server"),
      duration("tls_handshake", &Timeouts::tls_handshake, milliseconds(100), seconds(60),
               "for TLS, on either side"),
      duration("request_head", &Timeouts::request_head, milliseconds(100), seconds(300),
               "from the first byte of a request to the end of its header fields"),
      duration("body_progress", &Timeouts::body_progress, milliseconds(100), hours(1),
               "without a byte of a body moving, either way"),
      duration("response", &Timeouts::response, milliseconds(100), kDay,
               "for the first byte of an answer; longer than the longest poll that clients ask for"),
      duration("idle", &Timeouts::idle, seconds(1), 7 * kDay,
               "between exchanges; servers close after 120s, and they should be the ones who decide"),
      duration("queue", &Timeouts::queue, milliseconds(100), seconds(60),
               "all that the balancer itself may take to find a server that answers"),
  };
  return table;
}

const Table<Health>& health_table() {
  static const Table<Health> table = {
      duration("interval", &Health::interval, milliseconds(100), hours(1), "between two checks of a server"),
      duration("timeout", &Health::timeout, milliseconds(50), seconds(60), "of one check"),
      number("fall", &Health::fall, 1, 100, "checks in a row that must fail until a server is down"),
      number("rise", &Health::rise, 1, 100, "checks in a row that must pass until it is up again"),
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
      output_file("file", &Log::file, "where the log goes; empty: standard output"),
      output_file("access_file", &Log::access_file,
                  "where the line of each exchange goes; empty: with the log; off: nowhere"),
  };
  return table;
}

const Table<Admin>& admin_table() {
  static const Table<Admin> table = {
      optional_endpoint("bind", &Admin::bind, "HTTP for /metrics, /livez and /readyz; none: off"),
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
      number("sessions", &Limits::sessions, 0, 10'000'000,
             "client connections at once; 0: what the descriptor limit holds, two for each"),
      number("affinity_entries", &Limits::affinity_entries, 16, 100'000'000,
             "addresses remembered per pool; when full the oldest idle one goes"),
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

const Table<Listener>& listener_table() {
  static const Table<Listener> table = {
      text("name", &Listener::name, "name", check_name, "for logs and status; none: the bind address"),
      required(
          endpoint("bind", &Listener::bind, "address and port to listen on; port 0 lets the system choose")),
      required(text("pool", &Listener::pool, "name", check_name, "the pool that its clients go to")),
      listener_tls(),
      choice<Listener, ForwardedField>(
          "forwarded", &Listener::forwarded,
          {{"none", ForwardedField::None},
           {"x-forwarded-for", ForwardedField::XForwardedFor},
           {"forwarded", ForwardedField::Forwarded}},
          "field that tells servers the client's address; never with a bound login or sealed message"),
  };
  return table;
}

const Table<Server>& server_table() {
  static const Table<Server> table = {
      required(text("host", &Server::host, "address or host name", check_host, "where the server is")),
      number("port", &Server::port, 1, 65535, "for plain listeners"),
      number("tls_port", &Server::tls_port, 1, 65535, "for TLS listeners"),
      number("weight", &Server::weight, 0, 1000, "its share of clients; 0: takes no new one"),
      number("priority", &Server::priority, 0, 100, "lower ones first; higher ones are backups"),
      number("max_sessions", &Server::max_sessions, 0, 10'000'000,
             "server connections from which on it takes no new client; 0: no limit"),
      choice<Server, ServerMode>("state", &Server::state,
                                 {{"ready", ServerMode::Ready},
                                  {"drain", ServerMode::Drain},
                                  {"maintenance", ServerMode::Maintenance}},
                                 "drain keeps who is there and takes nobody new, maintenance takes nothing"),
  };
  return table;
}

const Table<Pool>& pool_table() {
  static const Table<Pool> table = {
      servers_field(),
      section("affinity", &Pool::affinity, affinity_table(), "one client address, one server"),
      clients_field(),
      section("server_tls", &Pool::server_tls, server_tls_table(), "TLS towards the servers"),
      section("timeouts", &Pool::timeouts, timeouts_table(), "how long to wait for what"),
      section("health", &Pool::health, health_table(), "how servers are checked"),
  };
  return table;
}

const Table<Settings>& settings_table() {
  static const Table<Settings> table = {
      version(),
      number("workers", &Settings::workers, 0, 1024,
             "threads that serve; 0: one per core; a change needs a restart"),
      listeners_field(),
      include_field(),
      pools_field(),
      section("log", &Settings::log, log_table(), "what is written where"),
      section("admin", &Settings::admin, admin_table(), "how the running process is asked"),
      section("limits", &Settings::limits, limits_table(), "what one client, or all of them, may cost"),
  };
  return table;
}

}  // namespace winrmlb::config
