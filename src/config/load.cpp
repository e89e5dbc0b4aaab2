#include "winrmlb/config/load.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>

namespace winrmlb::config {

namespace {

// Stopgap reader, to be replaced by the reader by table.
milliseconds duration(const YAML::Node& n, milliseconds d) {
  if (!n) return d;
  const auto t = n.as<std::string>();
  const auto k = t.find_first_not_of("0123456789");
  const long v = std::stol(t.substr(0, k));
  const auto u = k == std::string::npos ? "" : t.substr(k);
  return milliseconds(v * (u == "ms" ? 1 : u == "s" ? 1000 : u == "m" ? 60000 : u == "h" ? 3600000 : 86400000));
}

template <typename T>
T get(const YAML::Node& n, T d) {
  if (!n) return d;
  if constexpr (sizeof(T) == 1) {
    return static_cast<T>(n.as<int>());
  } else {
    return n.as<T>();
  }
}

Settings read(const YAML::Node& root, const std::string& name) {
  const auto folder = std::filesystem::path(name).parent_path();
  const auto path = [&](const YAML::Node& n) { return n ? (std::filesystem::absolute(folder / n.as<std::string>())).string() : std::string(); };
  Settings s;
  s.workers = get<std::uint16_t>(root["workers"], 0);
  for (const auto& l : root["listeners"]) {
    Listener x;
    x.bind = *Endpoint::parse(l["bind"].as<std::string>());
    x.name = get<std::string>(l["name"], x.bind.text());
    x.pool = l["pool"].as<std::string>();
    const auto f = get<std::string>(l["forwarded"], "none");
    x.forwarded = f == "forwarded" ? ForwardedField::Forwarded : f == "none" ? ForwardedField::None : ForwardedField::XForwardedFor;
    if (l["tls"]) {
      ListenerTls t;
      t.certificate = path(l["tls"]["certificate"]);
      t.key = path(l["tls"]["key"]);
      x.tls = t;
    }
    s.listeners.push_back(x);
  }
  for (const auto& p : root["pools"]) {
    Pool pool;
    pool.name = p.first.as<std::string>();
    const auto& q = p.second;
    for (const auto& c : q["clients"]) pool.clients.push_back(*IpAddress::parse(c.as<std::string>()));
    if (const auto a = q["affinity"]) {
      const auto as = get<std::string>(a["assign"], "balanced");
      pool.affinity.assign = as == "hash" ? Assign::Hash : as == "planned" ? Assign::Planned : Assign::Balanced;
      pool.affinity.prefix4 = get<std::uint8_t>(a["prefix4"], 32);
      pool.affinity.ttl = std::chrono::duration_cast<seconds>(duration(a["ttl"], seconds(7200)));
    }
    if (const auto t = q["server_tls"]) {
      if (get<std::string>(t["verify"], "full") == "none") pool.server_tls.verify = Verify::None;
      if (t["ca"]) pool.server_tls.ca = path(t["ca"]);
      pool.server_tls.server_name = get<std::string>(t["server_name"], "");
      pool.server_tls.fingerprint = get<std::string>(t["fingerprint"], "");
    }
    if (const auto t = q["timeouts"]) {
      pool.timeouts.connect = duration(t["connect"], pool.timeouts.connect);
      pool.timeouts.response = duration(t["response"], pool.timeouts.response);
      pool.timeouts.idle = duration(t["idle"], pool.timeouts.idle);
    }
    if (const auto t = q["health"]) {
      pool.health.interval = duration(t["interval"], pool.health.interval);
      pool.health.timeout = duration(t["timeout"], pool.health.timeout);
    }
    for (const auto& v : q["servers"]) {
      Server x;
      x.name = v.first.as<std::string>();
      x.host = v.second["host"].as<std::string>();
      x.port = get<std::uint16_t>(v.second["port"], x.port);
      x.tls_port = get<std::uint16_t>(v.second["tls_port"], x.tls_port);
      x.weight = get<std::uint16_t>(v.second["weight"], x.weight);
      pool.servers.push_back(x);
    }
    s.pools.push_back(pool);
  }
  if (const auto a = root["admin"]) {
    if (a["bind"]) s.admin.bind = Endpoint::parse(a["bind"].as<std::string>());
    s.admin.socket = get<std::string>(a["socket"], s.admin.socket);
  }
  if (const auto l = root["log"]) {
    s.log.file = get<std::string>(l["file"], "");
    s.log.access_file = get<std::string>(l["access_file"], "");
    if (get<std::string>(l["format"], "json") == "text") s.log.format = LogFormat::Text;
  }
  return s;
}

}  // namespace

Loaded load_file(const std::string& path) {
  Loaded loaded;
  try {
    loaded.settings = read(YAML::LoadFile(path), path);
  } catch (const std::exception& e) {
    loaded.mistakes.push_back({path, 0, 0, "", e.what(), "", Mistake::Severity::Mistake});
  }
  return loaded;
}

std::string render(const Mistake& mistake) { return mistake.file + ": " + mistake.text + "\n"; }

std::string effective_yaml(const Settings&) { return ""; }

}  // namespace winrmlb::config
