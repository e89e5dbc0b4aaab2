#include "checks.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "limits.h"
#include "scalar.h"
#include "winrmlb/core/text.h"

namespace winrmlb::config {

namespace {

std::string listener_key(std::size_t i) { return "listeners[" + std::to_string(i) + "]"; }

const Pool* find_pool(const Settings& settings, const std::string& name) {
  const auto found = std::find_if(settings.pools.begin(), settings.pools.end(),
                                  [&](const auto& p) { return p.name == name; });
  return found == settings.pools.end() ? nullptr : &*found;
}

// A listener on all addresses of a family stands in the way of one on a single address with its port; [::]
// takes IPv4 as well.
bool covers(const Endpoint& all, const Endpoint& one) {
  if (all.port == 0 || all.port != one.port) return false;
  return all.address == IpAddress() || (all.address == IpAddress::from_v4(0) && one.address.is_v4());
}

bool passes(const Schemes& schemes, LoginScheme scheme) {
  const auto among = [scheme](const std::vector<LoginScheme>& list) {
    return std::find(list.begin(), list.end(), scheme) != list.end();
  };
  return !among(schemes.deny) && (schemes.allow.empty() || among(schemes.allow));
}

class Checks {
 public:
  Checks(const Settings& settings, Report& report) : settings_(settings), report_(report) {}

  void run() {
    if (settings_.listeners.empty() && !report_.any_mistake())
      wrong("listeners", "there must be at least one listener");
    for (std::size_t i = 0; i < settings_.listeners.size(); ++i)
      check_listener(i);
    check_routes();
    std::size_t servers = 0;
    for (const auto& pool : settings_.pools) {
      check_pool(pool);
      servers += pool.servers.size();
    }
    if (servers > kServers)
      wrong("pools", "there may be " + std::to_string(kServers) + " servers at most in all pools");
    check_shared_hosts();
    check_admin();
    check_syslog();
    check_state();
    if (settings_.limits.target_bytes >= settings_.limits.head_bytes) {
      wrong("limits.target_bytes", "must be smaller than limits.head_bytes (" +
                                       show_size(settings_.limits.head_bytes) + "), of which it is a part");
    }
  }

 private:
  void wrong(const std::string& key, std::string text) {
    report_.mistake(report_.place_of(key), key, std::move(text));
  }
  void warn(const std::string& key, std::string text) {
    report_.warn(report_.place_of(key), key, std::move(text));
  }

  void check_listener(std::size_t i) {
    const auto& listener = settings_.listeners[i];
    const std::string key = listener_key(i);
    for (std::size_t j = 0; j < i; ++j) {
      const auto& other = settings_.listeners[j];
      if (other.bind == listener.bind && listener.bind.port != 0) {
        wrong(key + ".bind", listener.bind.text() + " is taken by " + listener_key(j) + " already");
      } else if (covers(other.bind, listener.bind) || covers(listener.bind, other.bind)) {
        wrong(key + ".bind",
              "overlaps with " + listener_key(j) + " (" + other.bind.text() +
                  "), which has the same port; keep the one for all addresses, or name each address");
      } else if (other.name == listener.name) {
        wrong(key + ".name", "the name " + listener.name + " is taken by " + listener_key(j) + " already");
      }
    }
    check_pool_name(listener.pool, key + ".pool");
    check_listener_tls(listener, key + ".tls");
    check_door(listener, key);
    const bool in_clear = !listener.tls && passes(listener.schemes, LoginScheme::Basic);
    if (in_clear && !listener.bind.address.is_loopback() && report_.stands(key + ".bind")) {
      warn(key + ".bind",
           "plain HTTP: with Basic logins, passwords and commands cross the network in clear; only sealed "
           "logins (NTLM, Kerberos) are protected here; schemes: {deny: [basic]} refuses the others");
    }
  }

  // A pool may be missing only because the file that holds it could not be read.
  void check_pool_name(const std::string& name, const std::string& key) {
    const bool known_pool =
        find_pool(settings_, name) || report_.is_wrong("include") || report_.is_wrong("pools." + name);
    if (name.empty() || known_pool || report_.is_wrong(key)) return;
    std::vector<std::string_view> known;
    for (const auto& pool : settings_.pools)
      known.push_back(pool.name);
    const auto meant = nearest(name, known);
    wrong(key, "there is no pool " + name + (meant ? "; did you mean " + std::string(*meant) + "?" : ""));
  }

  void check_listener_tls(const Listener& listener, const std::string& key) {
    if (!listener.tls || report_.is_wrong(key)) return;
    const ListenerTls& tls = *listener.tls;
    if (tls.mode == TlsMode::Terminate) {
      for (const auto& [name, value] : {std::pair{"certificate", &tls.certificate}, {"key", &tls.key}}) {
        const std::string here = key + "." + name;
        if (value->empty() && !report_.is_wrong(here))
          wrong(here, "must be given, unless mode is passthrough");
      }
    } else {
      const bool reads = !listener.client_address_from.empty() ||
                         listener.forwarded != ForwardedField::None || !listener.schemes.allow.empty() ||
                         !listener.schemes.deny.empty();
      if (!tls.certificate.empty() || !tls.client_ca.empty() || !tls.certificates.empty() || reads) {
        wrong(key + ".mode",
              "passthrough relays what it cannot read: certificates, forwarded, client_address_from and "
              "schemes have no place on such a listener");
      }
    }
    if (tls.client_ca.empty() && !tls.crl.empty())
      wrong(key + ".crl", "needs the client_ca whose certificates it revokes");
  }

  void check_door(const Listener& listener, const std::string& key) {
    const auto& proxies = listener.proxy_protocol;
    const bool required = proxies.mode == ProxyProtocolMode::Required;
    if (required && proxies.from.empty() && !report_.is_wrong(key + ".proxy_protocol.from")) {
      wrong(key + ".proxy_protocol.from",
            "must name the proxies: whoever may send this header can say that he is anybody");
    }
    if (!required && !proxies.from.empty())
      warn(key + ".proxy_protocol.from", "is used with mode: required only");
    if (listener.paths.empty() && !report_.is_wrong(key + ".paths"))
      wrong(key + ".paths", "without any path nothing would pass; / takes all");
    const auto& denied = listener.schemes.deny;
    for (const auto scheme : listener.schemes.allow) {
      if (std::find(denied.begin(), denied.end(), scheme) != denied.end())
        wrong(key + ".schemes.deny", "a scheme stands both here and in allow; keep one");
    }
  }

  void check_routes() {
    for (std::size_t i = 0; i < settings_.routes.size(); ++i) {
      const auto& route = settings_.routes[i];
      const std::string key = "routes[" + std::to_string(i) + "]";
      check_pool_name(route.pool, key + ".pool");
      const bool known = route.listener.empty() ||
                         std::any_of(settings_.listeners.begin(), settings_.listeners.end(),
                                     [&](const auto& listener) { return listener.name == route.listener; });
      if (!known) wrong(key + ".listener", "there is no listener " + route.listener);
      const Route anybody{.pool = route.pool};
      if (route == anybody && i + 1 < settings_.routes.size())
        warn(key, "takes everybody, so that the routes below it are never reached");
    }
  }

  void check_state() {
    const auto& path = settings_.state.path;
    const bool names_a_file = !path.empty() && path != "-" && path != "off";
    if (settings_.state.store == StateStore::File && !names_a_file && !report_.is_wrong("state.path"))
      wrong("state.path", "the state needs a file");
  }

  void check_admin() {
    if (settings_.admin.certificate.empty() != settings_.admin.key.empty())
      wrong("admin.certificate", "admin.certificate and admin.key go together");
    if (!settings_.admin.bind) return;
    const Endpoint& bind = *settings_.admin.bind;
    for (std::size_t i = 0; i < settings_.listeners.size(); ++i) {
      const Endpoint& other = settings_.listeners[i].bind;
      if (bind.port != 0 && (bind == other || covers(bind, other) || covers(other, bind))) {
        wrong("admin.bind", bind.text() + " is taken by " + listener_key(i) + " already");
      }
    }
    if (!bind.address.is_loopback() && settings_.admin.certificate.empty()) {
      wrong("admin.bind", bind.text() +
                              " can be reached from elsewhere, which takes TLS: give admin.certificate and "
                              "admin.key, or bind 127.0.0.1");
    }
  }

  void check_syslog() {
    const Log& log = settings_.log;
    const bool used = log.file == "syslog" || log.access_file == "syslog";
    if (used && log.syslog.to != SyslogTo::Local && !log.syslog.address &&
        !report_.is_wrong("log.syslog.address"))
      wrong("log.syslog.address", "must be given, unless the receiver is the machine's own (to: local)");
    if (!used && log.syslog != Syslog{})
      warn("log.syslog", "nothing goes there: write syslog for log.file or log.access_file");
  }

  void check_pool(const Pool& pool) {
    const std::string key = "pools." + pool.name;
    if (pool.servers.empty() && report_.stands(key + ".servers") && !report_.is_wrong(key + ".servers"))
      wrong(key + ".servers", "a pool needs at least one server");
    const auto leads_here = [&](const auto& from) { return from.pool == pool.name; };
    const bool used = std::any_of(settings_.listeners.begin(), settings_.listeners.end(), leads_here) ||
                      std::any_of(settings_.routes.begin(), settings_.routes.end(), leads_here);
    if (!used) warn(key, "no listener and no route sends anybody to this pool");
    if (pool.affinity.assign == Assign::Planned && pool.clients.empty()) {
      wrong(key + ".affinity.assign", "planned needs the list of clients (" + key + ".clients)");
    }
    if (pool.affinity.assign != Assign::Planned && !pool.clients.empty()) {
      warn(key + ".clients", "the list of clients is used with assign: planned only");
    }
    check_cookie(pool.affinity.cookie, key + ".affinity.cookie");
    const bool takes_any = std::any_of(pool.servers.begin(), pool.servers.end(), [](const auto& s) {
      return s.weight > 0 && s.state == ServerMode::Ready;
    });
    if (!pool.servers.empty() && !takes_any)
      warn(key + ".servers", "every server has weight 0 or is not ready: no new client is taken");
    if (pool.server_tls.certificate.empty() != pool.server_tls.key.empty())
      wrong(key + ".server_tls.certificate", "certificate and key go together");
    if (pool.server_tls.verify == Verify::None) {
      warn(key + ".server_tls.verify",
           "servers are not verified: whoever answers on their address gets the passwords");
    }
    if (pool.timeouts.idle < seconds(130)) {
      warn(key + ".timeouts.idle",
           "shorter than the 120s after which servers close: clients with sealed logins fail when the "
           "balancer closes first");
    }
    if (pool.timeouts.response < seconds(75)) {
      warn(key + ".timeouts.response",
           "shorter than 75s: ordinary polls of 60s, answered late, would be cut");
    }
    if (pool.timeouts.sealed_response < seconds(75)) {
      warn(key + ".timeouts.sealed_response",
           "shorter than 75s: polls of 60s that cannot be read would be cut, and their shells lost");
    }
    check_servers_of(pool, key);
    check_health(pool, key + ".health");
  }

  void check_health(const Pool& pool, const std::string& key) {
    const auto& probes = pool.health.probe;
    const bool logs_in = std::any_of(probes.begin(), probes.end(), [](Probe probe) {
      return probe == Probe::Authenticated || probe == Probe::Shell;
    });
    if (!logs_in) return;
    if (pool.health.account.user.empty() && !report_.is_wrong(key + ".account"))
      wrong(key + ".account.user", "the checks authenticated and shell need an account");
    const auto& account = pool.health.account;
    const bool by_keytab = !account.keytab.empty() && account.scheme == AccountScheme::Kerberos;
    if (account.password_file.empty() && !by_keytab && !report_.is_wrong(key + ".account.password_file"))
      wrong(key + ".account.password_file", "the account of the checks needs a password");
    if (!account.keytab.empty() && account.scheme != AccountScheme::Kerberos)
      wrong(key + ".account.keytab", "a keytab is for the scheme kerberos");
    if (account.scheme != AccountScheme::Basic) return;
    const bool any_tls = std::any_of(settings_.listeners.begin(), settings_.listeners.end(),
                                     [&](const auto& l) { return l.tls && l.pool == pool.name; });
    if (!any_tls) {
      warn(key + ".account.scheme",
           "Basic over plain HTTP: the password of the checks crosses the network in clear; with a TLS "
           "listener for this pool they go by TLS");
    }
  }

  // Whoever can read a key can send his sessions to whichever server he likes.
  void check_cookie(const AffinityCookie& cookie, const std::string& key) {
    if (cookie.key_file.empty()) {
      if (!cookie.clients.empty())
        wrong(key + ".clients", "needs the keys of the cookie (" + key + ".key_file)");
      return;
    }
    using std::filesystem::perms;
    std::error_code error;
    const auto status = std::filesystem::status(cookie.key_file, error);
    if (!error && (status.permissions() & perms::others_read) != perms::none) {
      warn(key + ".key_file", "every account of this machine can read the keys; chmod 0640 " +
                                  cookie.key_file + " would be right");
    }
  }

  void check_servers_of(const Pool& pool, const std::string& key) {
    std::map<std::string, std::string> seen;
    const bool ends_tls = std::any_of(
        settings_.listeners.begin(), settings_.listeners.end(),
        [&](const auto& l) { return l.pool == pool.name && l.tls && l.tls->mode == TlsMode::Terminate; });
    for (const auto& server : pool.servers) {
      constexpr std::uint16_t kPlainPort = 5985;
      if (ends_tls && (server.tls_port == kPlainPort || server.tls_port == server.port)) {
        warn(key + ".servers." + server.name + ".tls_port",
             "this is a port without TLS; what comes by TLS is encrypted again towards the server, and would "
             "fail there: enable the server's HTTPS listener and give its port (5986)");
      }
      const auto where =
          server.host + " " + std::to_string(server.port) + " " + std::to_string(server.tls_port);
      const auto [other, fresh] = seen.emplace(where, server.name);
      if (!fresh && !server.host.empty()) {
        wrong(key + ".servers." + server.name + ".host", "this is the same server as " + other->second);
      }
    }
  }

  void check_shared_hosts() {
    std::map<std::string, std::string> seen;
    for (const auto& pool : settings_.pools) {
      for (const auto& server : pool.servers) {
        const auto where = server.host + " " + std::to_string(server.port);
        const auto [other, fresh] = seen.emplace(where, pool.name);
        if (fresh || other->second == pool.name || server.host.empty()) continue;
        warn("pools." + pool.name + ".servers." + server.name + ".host",
             server.host + " is in pool " + other->second +
                 " too: the two pools do not know of each other's clients");
      }
    }
  }

  const Settings& settings_;
  Report& report_;
};

}  // namespace

void check_settings(const Settings& settings, Report& report) { Checks(settings, report).run(); }

}  // namespace winrmlb::config
