// Settings: everything an operator can say, typed, with the defaults that the product ships.
//
// An immutable value, built by config/load.h from YAML, shared as shared_ptr<const Settings> between threads
// and read once per exchange. Durations and sizes are typed; the key, bound and one line of why of each field
// stand in the key table (config/keys.h), from which the loader, the JSON Schema and the reference file are
// made.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "winrmlb/config/log_settings.h"
#include "winrmlb/core/address.h"

namespace winrmlb::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- listeners
// ----------------------------------------------------------------------------------------------

enum class TlsVersion : std::uint8_t { Tls12, Tls13 };

/// Terminate: decrypted here, encrypted again to the server. Passthrough: the bytes are relayed as they come,
/// so that client certificates, CredSSP and channel binding hold between client and server.
enum class TlsMode : std::uint8_t { Terminate, Passthrough };
enum class ClientCertificate : std::uint8_t { Require, Request };

struct CertificateFiles {
  std::string certificate;  // PEM chain, leaf first
  std::string key;          // PEM private key
  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

struct ListenerTls {
  TlsMode mode = TlsMode::Terminate;
  std::string certificate;                     // PEM chain, leaf first
  std::string key;                             // PEM private key
  std::vector<CertificateFiles> certificates;  // more, for other names (SNI) or of another kind of key
  std::string client_ca;                       // PEM file; empty: clients show no certificate
  std::string crl;                             // PEM file of the client CA
  ClientCertificate client_certificate = ClientCertificate::Require;
  TlsVersion min_version = TlsVersion::Tls12;
  friend bool operator==(const ListenerTls&, const ListenerTls&) = default;
};

/// The header in which a proxy in front says who the client is. Required from `from`, refused from others:
/// never guessed.
enum class ProxyProtocolMode : std::uint8_t { Off, Required };

struct ProxyProtocol {
  ProxyProtocolMode mode = ProxyProtocolMode::Off;
  std::vector<Prefix> from;
  friend bool operator==(const ProxyProtocol&, const ProxyProtocol&) = default;
};

/// What clients of one listener may take. 0: no limit of this kind.
struct ListenerLimits {
  std::uint32_t sessions = 0;              // at once
  std::uint32_t sessions_per_address = 0;  // at once
  std::uint32_t new_per_second = 0;        // new sessions of one address; as many again at once
  std::uint32_t logins_per_minute = 0;     // logins begun by one address
  friend bool operator==(const ListenerLimits&, const ListenerLimits&) = default;
};

enum class LoginScheme : std::uint8_t { Basic, Ntlm, Negotiate, Kerberos, CredSsp, Certificate };

/// Which logins pass. A refused one gets a 401 that offers the others.
struct Schemes {
  std::vector<LoginScheme> allow;  // empty: all
  std::vector<LoginScheme> deny;
  friend bool operator==(const Schemes&, const Schemes&) = default;
};

enum class Methods : std::uint8_t { Post, Any };

/// Which field tells the server the client's address. Never added to an exchange that carries a
/// connection-bound login or a sealed message.
enum class ForwardedField : std::uint8_t { None, XForwardedFor, Forwarded };

struct Listener {
  std::string name;  // default: the bind text
  Endpoint bind;
  std::string pool;
  std::optional<ListenerTls> tls;
  ForwardedField forwarded = ForwardedField::None;
  ProxyProtocol proxy_protocol;
  std::vector<Prefix> client_address_from;  // whose X-Forwarded-For names the client
  std::vector<Prefix> allow;                // empty: everybody
  std::vector<Prefix> deny;                 // goes before `allow`
  ListenerLimits limits;
  Methods methods = Methods::Post;
  std::vector<std::string> paths{"/wsman"};  // what a request's path must begin with
  Schemes schemes;
  friend bool operator==(const Listener&, const Listener&) = default;
};

// ---- pools
// --------------------------------------------------------------------------------------------------

enum class Assign : std::uint8_t { Balanced, Hash, Planned };
enum class Failback : std::uint8_t { WhenIdle, Never, Immediate };

/// The session cookie, by which a session is known again where nothing else tells it.
struct AffinityCookie {
  std::string key_file;         // base64 keys, one per line, the newest first; empty: no cookie
  std::vector<Prefix> clients;  // whose sessions are spread one by one: they are known to return cookies
  friend bool operator==(const AffinityCookie&, const AffinityCookie&) = default;
};

struct Affinity {
  std::uint8_t prefix4 = 32;
  std::uint8_t prefix6 = 128;
  seconds ttl{7200};
  Assign assign = Assign::Balanced;
  Failback failback = Failback::WhenIdle;
  AffinityCookie cookie;
  seconds opaque_idle{0};  // after sealed traffic, until an address counts as idle; 0: the ttl
  friend bool operator==(const Affinity&, const Affinity&) = default;
};

enum class ServerMode : std::uint8_t { Ready, Drain, Maintenance };

struct Server {
  std::string name;
  std::string host;                // address or name
  std::uint16_t port = 5985;       // plain; used by plain listeners
  std::uint16_t tls_port = 5986;   // TLS; used by TLS listeners
  std::uint16_t weight = 100;      // 0: takes no new client
  std::uint8_t priority = 0;       // lower first; higher tiers are backups
  std::uint32_t max_sessions = 0;  // 0: no limit
  std::uint32_t max_creates = 0;   // shells being made at once; 0: no limit
  ServerMode state = ServerMode::Ready;
  friend bool operator==(const Server&, const Server&) = default;
};

enum class Verify : std::uint8_t { Full, None };

struct ServerTls {
  Verify verify = Verify::Full;
  std::string ca;           // PEM file; empty: the system store
  std::string server_name;  // name to verify; empty: the server's host
  std::string fingerprint;  // SHA-256 of the leaf, hex; accepted in place of a chain
  std::string certificate;  // PEM chain that the balancer shows to servers; empty: none
  std::string key;          // its PEM private key
  TlsVersion min_version = TlsVersion::Tls12;
  friend bool operator==(const ServerTls&, const ServerTls&) = default;
};

struct Timeouts {
  milliseconds connect{2000};
  milliseconds tls_handshake{5000};
  milliseconds first_request{120000};     // from the connection to the first byte asked
  milliseconds request_head{10000};       // from its first byte to its end
  milliseconds body_progress{30000};      // between two bytes of a body, either way
  milliseconds response{195000};          // to the first byte of an answer whose message gives no other time
  milliseconds login{30000};              // for the answer to a leg of a login
  milliseconds operation{60000};          // what servers let an operation take at least: their MaxTimeoutms
  milliseconds response_margin{15000};    // on top of the time that a message itself allows the server
  milliseconds sealed_response{3600000};  // the same for a sealed message, which does not say
  milliseconds idle{3600000};             // between exchanges
  milliseconds queue{5000};               // all that the balancer itself may take: verdicts, retries
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

/// What a check does, from the cheapest to the one that proves most.
///
///   Tcp            a connection is made                  the port is open
///   Tls            a TLS handshake                       the certificate holds
///   Identify       the anonymous Identify                the WinRM service answers
///   Authenticated  Identify with a login                 logins are accepted
///   Shell          a shell is made, runs, and is deleted everything, at the price of a process
enum class Probe : std::uint8_t { Tcp, Tls, Identify, Authenticated, Shell };

/// When one kind of check is made. 0: as health.interval and health.timeout say.
struct ProbeTimes {
  milliseconds interval{0};
  milliseconds timeout{0};
  friend bool operator==(const ProbeTimes&, const ProbeTimes&) = default;
};

struct TlsProbe : ProbeTimes {
  seconds warn_before{14 * 24 * 3600};  // the certificate's end
  friend bool operator==(const TlsProbe&, const TlsProbe&) = default;
};

struct AuthenticatedProbe {
  milliseconds interval{30000};
  milliseconds timeout{5000};
  friend bool operator==(const AuthenticatedProbe&, const AuthenticatedProbe&) = default;
};

struct ShellProbe {
  milliseconds interval{60000};
  milliseconds timeout{30000};
  std::string command = "echo winrm-lb";
  std::string expect = "winrm-lb";  // stands in the output
  friend bool operator==(const ShellProbe&, const ShellProbe&) = default;
};

/// How the deeper checks log in. All but Basic seal their messages where there is no TLS.
///
///   Basic       the password itself
///   Ntlm        by the scheme Negotiate, as Windows sends it
///   Negotiate   Kerberos if there is a ticket to be had, else NTLM
///   Kerberos    a ticket, by the password or by a keytab
enum class AccountScheme : std::uint8_t { Basic, Ntlm, Negotiate, Kerberos };

struct ProbeAccount {
  std::string user;           // DOMAIN\\user; user@REALM for Kerberos
  std::string password_file;  // its first line
  std::string keytab;         // Kerberos: in place of a password
  AccountScheme scheme = AccountScheme::Basic;
  friend bool operator==(const ProbeAccount&, const ProbeAccount&) = default;
};

/// What sessions see of a server, as evidence beside the checks. Weights add up and fade within `window`.
struct Passive {
  std::uint8_t limit = 3;             // from here on the server is under suspicion
  seconds window{10};                 // in which evidence fades
  std::uint8_t reset = 1;             // a connection lost within an answer
  std::uint8_t unavailable = 3;       // 503
  std::uint8_t quota = 0;             // a full quota: such a server is full, not ill
  std::uint8_t service_disabled = 3;  // a fault that says that remote access is off
  friend bool operator==(const Passive&, const Passive&) = default;
};

/// What the death of a server does to the sessions on it.
struct Down {
  milliseconds grace{5000};         // it refuses or resets: until its sessions are ended
  milliseconds close_after{20000};  // it is silent or unfit: the same, since it may only be frozen
  friend bool operator==(const Down&, const Down&) = default;
};

/// Whether a server that was never checked may serve.
enum class NewServer : std::uint8_t { Wait, Serve };

/// On which ports of a server the checks are made.
///
///   InUse   those that clients come by: a server that fails on one of two is down for both, since all
///           connections of a client go to one server
///   Plain, Tls   only there: what fails on the other is met by the clients who come by it
enum class CheckedPorts : std::uint8_t { InUse, Plain, Tls };

struct Health {
  std::vector<Probe> probe{Probe::Identify};
  CheckedPorts ports = CheckedPorts::InUse;
  milliseconds interval{2000};  // between checks of a server that is up
  milliseconds timeout{1500};   // of one check
  std::uint8_t fall = 2;        // failures in a row until a server is down
  std::uint8_t rise = 2;        // passes in a row until it is up again
  seconds hold_down{5};         // that a server stays down at least when it falls again; doubles each time
  seconds hold_down_most{300};
  NewServer new_server = NewServer::Wait;
  ProbeTimes tcp;
  TlsProbe tls;
  ProbeTimes identify;
  AuthenticatedProbe authenticated;
  ShellProbe shell;
  ProbeAccount account;
  Passive passive;
  Down down;
  friend bool operator==(const Health&, const Health&) = default;
};

/// What the balancer does with the shells it can see.
struct Shells {
  bool scan = true;            // read the headers of SOAP messages that are not sealed
  bool hunt = true;            // look for an unknown shell on the other servers
  bool retry_create = true;    // a Create that meets a quota may go to another server
  std::uint16_t per_user = 0;  // open shells of one user that fill a server for that user; 0: not counted
  seconds full_for{60};        // how long a server that reported a full quota gets no new clients
  seconds idle_limit{7200};    // of a shell whose CreateResponse does not say
  friend bool operator==(const Shells&, const Shells&) = default;
};

/// What a pool does without any fit server.
enum class WhenAllDown : std::uint8_t { Reject, LastKnown };

struct Drain {
  seconds opaque_quiet{120};  // without sealed traffic, until an address is gone from a draining server
  friend bool operator==(const Drain&, const Drain&) = default;
};

struct Pool {
  std::string name;
  std::vector<Server> servers;     // in the order of the file
  std::vector<IpAddress> clients;  // assign: planned
  Affinity affinity;
  ServerTls server_tls;
  std::optional<IpAddress> source;  // of connections to the servers; none: the system chooses
  Timeouts timeouts;
  Health health;
  Shells shells;
  WhenAllDown when_all_down = WhenAllDown::Reject;
  seconds slow_start{30};  // over which a new or recovered server comes to its share of new addresses
  Drain drain;
  seconds resolve_every{30};  // servers by name whose answer has no time to live; 0: only at start and reload
  friend bool operator==(const Pool&, const Pool&) = default;
};

// ---- routes
// -------------------------------------------------------------------------------------------------

/// Where clients go instead of their listener's pool. All that is given must hold; what is empty holds
/// always.
struct Route {
  std::string listener;         // its name
  std::string sni;              // the name that the client's TLS asked for; "*.name" for all below
  std::string host;             // the Host field, without its port; the same
  std::vector<Prefix> clients;  // client addresses
  std::string path;             // what the request's path begins with
  std::string resource;  // ResourceURI of a message that is not sealed, or the name of its configuration
  std::string user;      // where the login shows it; DOMAIN\\user, or "DOMAIN\\*"
  std::string pool;
  friend bool operator==(const Route&, const Route&) = default;
};

// ---- the process
// --------------------------------------------------------------------------------------------

struct Admin {
  std::optional<Endpoint> bind;  // HTTP: the API, /metrics, /livez, /readyz; none: off
  std::string token_file;        // of who may change things there; empty: nobody
  std::string certificate;       // PEM chain, leaf first; empty: plain HTTP, on loopback only
  std::string key;               // PEM private key
  std::string socket = "/run/winrm-lb/control.sock";  // empty: off
  friend bool operator==(const Admin&, const Admin&) = default;
};

struct Limits {
  std::uint32_t head_bytes = 64 * 1024;       // request line and header section, and the same for a response
  std::uint16_t fields = 100;                 // header fields in a head
  std::uint32_t target_bytes = 8 * 1024;      // request target
  std::uint64_t body_bytes = 0;               // one body, either way; 0: no limit (bodies stream)
  std::uint64_t identify_bytes = 64 * 1024;   // a message that needs no login; 0: no limit, as below
  std::uint64_t control_bytes = 1024 * 1024;  // one that carries no data: Receive, Signal, Delete, Get, ...
  std::uint64_t data_bytes = 64 * 1024 * 1024;  // any other that can be read: Create, Command, Send, ...
  std::uint32_t sessions = 0;                   // in all; 0: what the descriptor limit holds
  std::uint32_t affinity_entries = 1'000'000;   // per pool
  std::uint32_t pins = 1'000'000;               // per pool: shells and their like
  std::uint32_t held_bytes = 512 * 1024;        // of a request that may have to be sent to another server
  friend bool operator==(const Limits&, const Limits&) = default;
};

/// Against a robot that locks an account by a wrong password.
struct LoginGuard {
  std::uint16_t failures = 5;  // of one client address, user and pool within `window`; 0: off
  seconds window{60};
  seconds block{60};
  friend bool operator==(const LoginGuard&, const LoginGuard&) = default;
};

/// How the process ends.
struct Shutdown {
  milliseconds lead{0};          // not ready any more, but all are served: until the address has left
  milliseconds deadline{30000};  // for exchanges under way; what is left then is cut
  seconds after_upgrade{3600};   // how long a process that has handed on serves the sessions it has
  friend bool operator==(const Shutdown&, const Shutdown&) = default;
};

/// Where the process keeps what a restart must not forget: which address is where, shells, operators' words.
enum class StateStore : std::uint8_t { Memory, File };

struct State {
  StateStore store = StateStore::Memory;
  std::string path = "/var/lib/winrm-lb/state";  // of the file
  friend bool operator==(const State&, const State&) = default;
};

struct Settings {
  std::uint32_t version = 1;
  std::uint16_t workers = 0;  // 0: one per core; a change needs a restart
  std::vector<Listener> listeners;
  std::vector<Route> routes;              // the first that holds goes
  std::vector<Pool> pools;                // in the order of the file
  std::vector<std::string> name_servers;  // "address" or "address:port"; empty: the system's
  Log log;
  Admin admin;
  Limits limits;
  LoginGuard login_guard;
  Shutdown shutdown;
  State state;
  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace winrmlb::config
