#include "audit_findings.h"

#include <algorithm>
#include <map>

#include "winrmlb/core/text.h"
#include "winrmlb/proxy/channel_binding.h"

namespace winrmlb::admin {

using health::Evidence;
using health::PortAudit;
using health::ServerAudit;
using proxy::ChannelBinding;

namespace {

constexpr seconds kKerberosSkew{
    300};  // RFC 4120 5.2.3: what servers tolerate, unless they are told otherwise
constexpr seconds kNotedSkew{30};
constexpr seconds kDay{24 * 3600};
constexpr std::string_view kBindingLevel = "Service/Auth/CbtHardeningLevel";

bool passed(const health::Finding& finding) noexcept { return finding.evidence == Evidence::Pass; }

std::string port_text(const PortAudit& port) {
  return "port " + std::to_string(port.port) + (port.tls ? " (TLS)" : "");
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words)
    out += (out.empty() ? "" : ", ") + word;
  return out;
}

// The servers of one pool, and what is said of them.
class PoolFindings {
 public:
  PoolFindings(const FarmAudit& farm, const proxy::PoolEntry& pool, std::vector<AuditFinding>& out)
      : farm_(farm), pool_(pool), settings_(pool.pool->settings()), out_(out) {
    for (const auto& server : farm.servers) {
      if (server.pool == settings_.name) servers_.push_back(&server);
    }
  }

  void all() {
    for (const auto* server : servers_)
      of_server(*server);
    of_logins();
    differences();
  }

 private:
  void problem(const std::string& server, std::string text) {
    out_.push_back({Gravity::Problem, settings_.name, server, {}, std::move(text)});
  }
  void note(const std::string& server, std::string text) {
    out_.push_back({Gravity::Note, settings_.name, server, {}, std::move(text)});
  }

  void of_server(const ServerAudit& server) {
    if (server.ports.empty()) problem(server.server, "its name " + server.host + " has no address");
    for (const auto& port : server.ports) {
      if (!passed(port.finding)) problem(server.server, port_text(port) + ": " + port.finding.detail);
      if (port.certificate) of_certificate(server, *port.certificate);
    }
    of_clock(server);
    of_config(server);
  }

  void of_certificate(const ServerAudit& server, const net::CertificateInfo& certificate) {
    const auto left = std::chrono::duration_cast<seconds>(certificate.ends - farm_.at);
    if (left > settings_.health.tls.warn_before) return;
    problem(server.server, left <= seconds(0) ? "its certificate has ended: renew it"
                                              : "its certificate ends in " + std::to_string(left / kDay) +
                                                    " days: renew it");
  }

  void of_clock(const ServerAudit& server) {
    seconds worst{0};
    for (const auto& port : server.ports) {
      if (port.clock && std::chrono::abs(*port.clock) > std::chrono::abs(worst)) worst = *port.clock;
    }
    const auto size = std::chrono::abs(worst);
    if (size <= kNotedSkew) return;
    const std::string text = "its clock is " + std::to_string(size.count()) + "s " +
                             (worst > seconds(0) ? "ahead of" : "behind") +
                             " this machine's: synchronise both with the domain's";
    if (size > kKerberosSkew) {
      problem(server.server, text + "; Kerberos refuses more than 5 minutes");
    } else {
      note(server.server, text);
    }
  }

  void of_config(const ServerAudit& server) {
    if (!server.login || !passed(*server.login)) return;
    if (!server.config) {
      note(server.server, "its quotas could not be read: " + server.config_finding.detail +
                              " (an account that may read winrm/config is needed)");
      return;
    }
    const auto operation = parse_unsigned(server.config->value("MaxTimeoutms"), UINT32_MAX);
    if (operation && milliseconds(*operation) != settings_.timeouts.operation) {
      note(server.server,
           "its MaxTimeoutms is " + std::to_string(*operation) + ", pools." + settings_.name +
               ".timeouts.operation says " + std::to_string(settings_.timeouts.operation.count()) +
               "ms: give both the same, or answers to messages without an OperationTimeout may "
               "be waited for too long or not long enough");
    }
    if (equals_ignoring_case(server.config->value("Winrs/AllowRemoteShellAccess"), "false"))
      problem(server.server, "AllowRemoteShellAccess is false: it gives no shells");
  }

  // Who fails over must be known where he comes to.
  void of_logins() {
    std::vector<std::string> accept;
    std::vector<const ServerAudit*> refuse;
    for (const auto* server : servers_) {
      if (!server->login) continue;
      if (passed(*server->login)) {
        accept.push_back(server->server);
      } else {
        refuse.push_back(server);
      }
    }
    for (const auto* server : refuse) {
      std::string text = "the account " + server->user + " cannot log in: " + server->login->detail;
      if (!accept.empty()) {
        text += "; " + listed(accept) +
                " accept it, so that it would fail at a failover: give it the same password everywhere";
      }
      problem(server->server, std::move(text));
    }
    if (accept.empty() && refuse.empty() && settings_.health.account.user.empty())
      note({}, "no login was tried, and no quotas were read: set health.account and its password_file");
  }

  void differences() {
    compare("versions", [](const ServerAudit& server) { return version_of(server); });
    compare("logins offered by TLS", [](const ServerAudit& server) { return offers_of(server, true); });
    compare("logins offered in clear", [](const ServerAudit& server) { return offers_of(server, false); });
    std::vector<std::string> names;
    for (const auto* server : servers_) {
      if (!server->config) continue;
      for (const auto& value : server->config->values) {
        if (std::find(names.begin(), names.end(), value.name) == names.end()) names.push_back(value.name);
      }
    }
    for (const auto& name : names) {
      compare(name, [&](const ServerAudit& server) {
        return server.config ? std::string(server.config->value(name)) : std::string();
      });
    }
  }

  static std::string version_of(const ServerAudit& server) {
    if (!server.version.empty()) return server.version;
    return server.ports.empty() ? std::string() : server.ports.front().version;
  }
  static std::string offers_of(const ServerAudit& server, bool by_tls) {
    std::vector<std::string> names;
    for (const auto& port : server.ports) {
      if (port.tls != by_tls) continue;
      for (const auto scheme : port.offers)
        names.emplace_back(name_of(scheme));
    }
    std::sort(names.begin(), names.end());
    return listed(names);
  }

  // What a server says nothing of is no difference.
  template <typename Value>
  void compare(const std::string& what, Value value) {
    std::map<std::string, std::vector<std::string>> by_value;
    for (const auto* server : servers_) {
      auto one = value(*server);
      if (!one.empty()) by_value[std::move(one)].push_back(server->server);
    }
    if (by_value.size() < 2) return;
    std::vector<std::string> parts;
    for (const auto& [one, servers] : by_value)
      parts.push_back(one + " at " + listed(servers));
    std::string text = "the servers differ in " + what + ": ";
    for (std::size_t i = 0; i < parts.size(); ++i)
      text += (i == 0 ? "" : "; ") + parts[i];
    note({}, std::move(text));
  }

  const FarmAudit& farm_;
  const proxy::PoolEntry& pool_;
  const config::Pool& settings_;
  std::vector<const ServerAudit*> servers_;
  std::vector<AuditFinding>& out_;
};

// Whether clients that bind their login to the channel will pass from this listener to this server.
void channel_binding_findings(const FarmAudit& farm, const proxy::ListenerEntry& listener,
                              std::vector<AuditFinding>& out) {
  const auto& pool = farm.snapshot.pools[listener.pool];
  for (const auto& member : pool.pool->members()) {
    const auto binding = proxy::channel_binding(listener, pool, member.settings.host);
    if (binding == ChannelBinding::Holds) continue;
    AuditFinding finding{Gravity::Note, pool.pool->name(), member.settings.name, listener.settings.name, {}};
    if (binding == ChannelBinding::Unknown) {
      finding.text = "its certificate was not seen, so that nothing can be said of channel binding";
      out.push_back(std::move(finding));
      continue;
    }
    std::string_view level;
    for (const auto& server : farm.servers) {
      if (server.pool == finding.pool && server.server == finding.server && server.config)
        level = server.config->value(kBindingLevel);
    }
    if (equals_ignoring_case(level, "none")) {
      finding.text =
          "it shows another certificate than this listener, but does not check channel bindings "
          "(CbtHardeningLevel None): NTLM and Kerberos clients pass";
    } else {
      finding.gravity = Gravity::Problem;
      finding.text =
          "NTLM and Kerberos clients that bind their login to the TLS channel fail (" +
          (level.empty() ? std::string("CbtHardeningLevel is not known; Relaxed unless it was changed")
                         : "CbtHardeningLevel is " + std::string(level)) +
          "): it shows another certificate than this listener. Give both the same certificate and key, or "
          "relay "
          "TLS (tls: {mode: passthrough}), or set CbtHardeningLevel to None on the server, or have the "
          "clients "
          "send no channel binding (send_cbt=False)";
    }
    out.push_back(std::move(finding));
  }
}

}  // namespace

std::vector<AuditFinding> findings_of(const FarmAudit& farm) {
  std::vector<AuditFinding> out;
  for (const auto& pool : farm.snapshot.pools)
    PoolFindings(farm, pool, out).all();
  for (const auto& listener : farm.snapshot.listeners) {
    if (listener.settings.tls) channel_binding_findings(farm, listener, out);
    if (!listener.tls) continue;
    for (const auto& certificate : listener.tls->certificates()) {
      const auto left = std::chrono::duration_cast<seconds>(certificate.ends - farm.at);
      if (left > 14 * kDay) continue;
      out.push_back(
          {Gravity::Problem,
           {},
           {},
           listener.settings.name,
           "the certificate " + certificate.file +
               (left <= seconds(0) ? " has ended" : " ends in " + std::to_string(left / kDay) + " days") +
               ": renew it"});
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.gravity < b.gravity; });
  return out;
}

}  // namespace winrmlb::admin
