// The keys of a pool.
#include "collections.h"
#include "path_fields.h"
#include "table.h"
#include "text_checks.h"

namespace winrmlb::config {

using std::chrono::hours;

namespace {

constexpr hours kDay{24};

const Table<AffinityCookie>& cookie_table() {
  static const Table<AffinityCookie> table = {
      readable_file(
          "key_file", &AffinityCookie::key_file,
          "keys that sign the cookie, 32 bytes or more in base64, one per line, newest first; none: "
          "no cookie"),
      networks("clients", &AffinityCookie::clients,
               "clients known to return cookies, whose sessions are spread one by one; others go by address"),
  };
  return table;
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
      duration("opaque_idle", &Affinity::opaque_idle, seconds(0), 30 * kDay,
               "without sealed traffic, until its address counts as idle and may return; 0ms: the ttl"),
      number("prefix4", &Affinity::prefix4, 8, 32,
             "IPv4 addresses that share so many first bits are one client"),
      number("prefix6", &Affinity::prefix6, 16, 128,
             "IPv6 addresses that share so many first bits are one client"),
      section("cookie", &Affinity::cookie, cookie_table(),
              "the session cookie, by which also sealed sessions find back to their server"),
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
      readable_file("certificate", &ServerTls::certificate,
                    "PEM chain that the balancer shows to servers that ask for one; none: it shows none"),
      private_key("key", &ServerTls::key, "PEM private key of that certificate"),
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
      duration("first_request", &Timeouts::first_request, milliseconds(100), hours(1),
               "from a client's connection until it asks anything; afterwards idle goes"),
      duration("request_head", &Timeouts::request_head, milliseconds(100), seconds(300),
               "from the first byte of a request to the end of its header fields"),
      duration(
          "body_progress", &Timeouts::body_progress, milliseconds(100), hours(1),
          "without a byte of a body moving, either way; after four times as long a request body must come at"
          " 128 bytes a second"),
      duration("response", &Timeouts::response, milliseconds(100), kDay,
               "for the first byte of an answer; longer than the longest poll that clients ask for"),
      duration("login", &Timeouts::login, milliseconds(100), hours(1),
               "for the answer to one leg of a login"),
      duration("operation", &Timeouts::operation, milliseconds(100), hours(1),
               "what servers let an operation take if its message asks for less: their MaxTimeoutms"),
      duration("response_margin", &Timeouts::response_margin, milliseconds(100), hours(1),
               "on top of the time that a message, or operation, allows the server"),
      duration("sealed_response", &Timeouts::sealed_response, seconds(1), kDay,
               "for the answer to a sealed message, which does not show how long it may take"),
      duration("idle", &Timeouts::idle, seconds(1), 7 * kDay,
               "between exchanges; servers close after 120s, and they should be the ones who decide"),
      duration("queue", &Timeouts::queue, milliseconds(100), seconds(60),
               "all that the balancer itself may take to find a server that answers"),
  };
  return table;
}

const Table<Drain>& drain_table() {
  static const Table<Drain> table = {
      duration("opaque_quiet", &Drain::opaque_quiet, seconds(0), kDay,
               "without sealed traffic, until an address without sessions has left a draining server"),
  };
  return table;
}

const Table<Shells>& shells_table() {
  static const Table<Shells> table = {
      flag("scan", &Shells::scan, "whether SOAP headers are read where they are not sealed"),
      flag("hunt", &Shells::hunt,
           "whether a shell that is not known here is looked for on the other servers"),
      flag("retry_create", &Shells::retry_create,
           "whether a Create that meets a full quota is tried on another server"),
      number("per_user", &Shells::per_user, 0, 10'000,
             "shells of one user on one server, from which on that server gets no new ones; 0: not counted"),
      duration("full_for", &Shells::full_for, seconds(1), hours(1),
               "how long a server that reported a full quota gets no new clients"),
      duration("idle_limit", &Shells::idle_limit, seconds(60), 30 * kDay,
               "after which an unused shell counts as ended, where the server does not say"),
  };
  return table;
}

}  // namespace

const Table<Server>& server_table() {
  static const Table<Server> table = {
      required(text("host", &Server::host, "address or host name", check_host, "where the server is")),
      number("port", &Server::port, 1, 65535, "for plain listeners"),
      number("tls_port", &Server::tls_port, 1, 65535, "for TLS listeners"),
      number("weight", &Server::weight, 0, 1000, "its share of clients; 0: takes no new one"),
      number("priority", &Server::priority, 0, 100, "lower ones first; higher ones are backups"),
      number("max_sessions", &Server::max_sessions, 0, 10'000'000,
             "server connections from which on it takes no new client; 0: no limit"),
      number("max_creates", &Server::max_creates, 0, 10'000,
             "shells that may be in the making there at once, as far as Creates can be read: a new address "
             "goes to "
             "another server, others wait for a turn, at most timeouts.queue; 0: no limit"),
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
      optional_address("source", &Pool::source,
                       "local address of connections to the servers; none: the system's"),
      section("timeouts", &Pool::timeouts, timeouts_table(), "how long to wait for what"),
      section("health", &Pool::health, health_table(), "how servers are checked"),
      choice<Pool, WhenAllDown>("when_all_down", &Pool::when_all_down,
                                {{"reject", WhenAllDown::Reject}, {"last_known", WhenAllDown::LastKnown}},
                                "without any fit server: 503, or on as before the checks failed"),
      duration("slow_start", &Pool::slow_start, seconds(0), hours(1),
               "over which a new or recovered server comes to its full share of new addresses; 0ms: at once"),
      section("drain", &Pool::drain, drain_table(), "how a server is emptied"),
      duration(
          "resolve_every", &Pool::resolve_every, seconds(0), kDay,
          "servers by name are looked up again when the answer's time to live is over, or so often if it "
          "has none; 0ms: at start and reload only"),
      section("shells", &Pool::shells, shells_table(), "what is done with the shells that can be seen"),
  };
  return table;
}

}  // namespace winrmlb::config
