// The keys of health: what is checked, how often, and what follows.
#include "path_fields.h"
#include "table.h"

namespace winrmlb::config {

using std::chrono::hours;

namespace {

constexpr hours kDay{24};
constexpr std::pair<std::string_view, Probe> kProbes[] = {{"tcp", Probe::Tcp},
                                                          {"tls", Probe::Tls},
                                                          {"identify", Probe::Identify},
                                                          {"authenticated", Probe::Authenticated},
                                                          {"shell", Probe::Shell}};

std::string check_any(std::string_view) { return {}; }

template <typename Times>
Field<Times> interval_field(milliseconds least) {
  return duration("interval", &Times::interval, least, kDay,
                  least.count() == 0 ? "between two of them; 0ms: health.interval" : "between two of them");
}
template <typename Times>
Field<Times> timeout_field(milliseconds least) {
  return duration("timeout", &Times::timeout, least, seconds(300),
                  least.count() == 0 ? "of one; 0ms: health.timeout" : "of one");
}

const Table<ProbeTimes>& times_table() {
  static const Table<ProbeTimes> table = {interval_field<ProbeTimes>({}), timeout_field<ProbeTimes>({})};
  return table;
}

const Table<TlsProbe>& tls_table() {
  static const Table<TlsProbe> table = {
      duration<TlsProbe>("interval", static_cast<milliseconds TlsProbe::*>(&TlsProbe::interval),
                         milliseconds(0), kDay, "between two of them; 0ms: health.interval"),
      duration<TlsProbe>("timeout", static_cast<milliseconds TlsProbe::*>(&TlsProbe::timeout),
                         milliseconds(0), seconds(300), "of one; 0ms: health.timeout"),
      duration("warn_before", &TlsProbe::warn_before, seconds(0), 365 * kDay,
               "a certificate that ends so soon is worth a warning"),
  };
  return table;
}

const Table<AuthenticatedProbe>& authenticated_table() {
  static const Table<AuthenticatedProbe> table = {interval_field<AuthenticatedProbe>(milliseconds(1000)),
                                                  timeout_field<AuthenticatedProbe>(milliseconds(50))};
  return table;
}

const Table<ShellProbe>& shell_table() {
  static const Table<ShellProbe> table = {
      interval_field<ShellProbe>(milliseconds(1000)),
      timeout_field<ShellProbe>(milliseconds(50)),
      text("command", &ShellProbe::command, "command line", check_any, "what it runs"),
      text("expect", &ShellProbe::expect, "text", check_any, "what must stand in the output"),
  };
  return table;
}

const Table<ProbeAccount>& account_table() {
  static const Table<ProbeAccount> table = {
      text("user", &ProbeAccount::user, "user name", check_any,
           "of an account for nothing else, since quotas count per user"),
      readable_file("password_file", &ProbeAccount::password_file, "its password, on the first line"),
      readable_file("keytab", &ProbeAccount::keytab, "for kerberos, in place of a password"),
      choice<ProbeAccount, AccountScheme>(
          "scheme", &ProbeAccount::scheme,
          {{"basic", AccountScheme::Basic},
           {"ntlm", AccountScheme::Ntlm},
           {"negotiate", AccountScheme::Negotiate},
           {"kerberos", AccountScheme::Kerberos}},
          "how it logs in; ntlm needs the package gss-ntlmssp. All but basic are sealed without TLS"),
  };
  return table;
}

const Table<Passive>& passive_table() {
  static const Table<Passive> table = {
      number("limit", &Passive::limit, 1, 100,
             "weight at which a server comes under suspicion; three times this and it stays so"),
      duration("window", &Passive::window, seconds(1), hours(1), "in which weight fades away"),
      number("reset", &Passive::reset, 0, 100, "weight of a connection lost within an answer"),
      number("unavailable", &Passive::unavailable, 0, 100, "weight of a 503"),
      number("quota", &Passive::quota, 0, 100, "weight of a full quota; 0: it only keeps new clients away"),
      number("service_disabled", &Passive::service_disabled, 0, 100,
             "weight of a fault that says that remote access is off"),
  };
  return table;
}

const Table<Down>& down_table() {
  static const Table<Down> table = {
      duration("grace", &Down::grace, milliseconds(0), hours(1),
               "until the sessions of a server that refuses or resets are ended"),
      duration("close_after", &Down::close_after, milliseconds(0), hours(1),
               "the same for one that is silent or unfit: it may be a machine that is being moved"),
  };
  return table;
}

Field<Health> probe_field() {
  Field<Health> field;
  field.doc = {.name = "probe",
               .type = "one or several of tcp, tls, identify, authenticated, shell",
               .standard = "identify",
               .why = "what a check does; the last two need an account",
               .schema = R"("type": ["string", "array"], "items": {"enum": ["tcp", "tls", "identify", )"
                         R"("authenticated", "shell"]})"};
  field.read = [](Reader& reader, const Value& value, const std::string& path, Health& health) {
    std::vector<Probe> probes;
    const auto take = [&](const Value& item) {
      const auto* known = std::find_if(std::begin(kProbes), std::end(kProbes),
                                       [&](const auto& probe) { return probe.first == item.text; });
      if (item.kind != Value::Kind::Scalar || known == std::end(kProbes)) {
        reader.report.mistake(
            item.place, path,
            in_quotes(item.text) + " is not one of tcp, tls, identify, authenticated, shell");
      } else if (std::find(probes.begin(), probes.end(), known->second) != probes.end()) {
        reader.report.mistake(item.place, path, item.text + " stands here twice; keep one");
      } else {
        probes.push_back(known->second);
      }
    };
    if (value.kind == Value::Kind::Scalar) {
      take(value);
    } else if (value.kind == Value::Kind::List && !value.items.empty()) {
      for (const auto& item : value.items)
        take(item);
    } else {
      return refuse_kind(reader, value, path, "a kind of check, or a list of them");
    }
    if (!probes.empty()) health.probe = std::move(probes);
  };
  field.show = [](const Health& health) {
    std::string out;
    for (const auto probe : health.probe) {
      for (const auto& [name, known] : kProbes) {
        if (known == probe) out += (out.empty() ? "" : ", ") + std::string(name);
      }
    }
    return health.probe.size() == 1 ? out : "[" + out + "]";
  };
  return field;
}

}  // namespace

const Table<Health>& health_table() {
  static const Table<Health> table = {
      probe_field(),
      choice<Health, CheckedPorts>(
          "ports", &Health::ports,
          {{"in_use", CheckedPorts::InUse}, {"plain", CheckedPorts::Plain}, {"tls", CheckedPorts::Tls}},
          "where checks are made; in_use: where listeners and routes lead. A server must pass on each"),
      duration("interval", &Health::interval, milliseconds(100), hours(1), "between two checks of a server"),
      duration("timeout", &Health::timeout, milliseconds(50), seconds(60), "of one check"),
      number("fall", &Health::fall, 1, 100, "checks in a row that must fail until a server is down"),
      number("rise", &Health::rise, 1, 100, "checks in a row that must pass until it is up again"),
      duration("hold_down", &Health::hold_down, seconds(0), hours(1),
               "a server that falls again soon stays down so long, twice as long the next time; 0ms: never"),
      duration("hold_down_most", &Health::hold_down_most, seconds(0), kDay, "where the doubling ends"),
      choice<Health, NewServer>("new_server", &Health::new_server,
                                {{"wait", NewServer::Wait}, {"serve", NewServer::Serve}},
                                "whether a server serves before its first check has passed"),
      section("tcp", &Health::tcp, times_table(), "a connection is made"),
      section("tls", &Health::tls, tls_table(), "a TLS handshake, and the end of the certificate"),
      section("identify", &Health::identify, times_table(), "the WinRM service says who it is"),
      section("authenticated", &Health::authenticated, authenticated_table(), "the same after a login"),
      section("shell", &Health::shell, shell_table(), "a command is run in a shell of its own"),
      section("account", &Health::account, account_table(), "who authenticated and shell log in as"),
      section("passive", &Health::passive, passive_table(), "what sessions see of a server, as evidence"),
      section("down", &Health::down, down_table(), "what the end of a server does to its sessions"),
  };
  return table;
}

}  // namespace winrmlb::config
