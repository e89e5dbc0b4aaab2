#include "winrmlb/app/certificate_watch.h"

#include <algorithm>

namespace winrmlb::app {

using proxy::ChannelBinding;
using telemetry::Level;

namespace {

constexpr std::chrono::hours kDay{24};

std::vector<const net::TlsContext*> contexts_of(const proxy::Snapshot& snapshot) {
  std::vector<const net::TlsContext*> contexts;
  for (const auto& listener : snapshot.listeners) {
    if (listener.tls) contexts.push_back(listener.tls.get());
  }
  for (const auto& pool : snapshot.pools)
    contexts.push_back(pool.server_tls.get());
  return contexts;
}

// The files that are not as they were when they were read, as they are now.
std::vector<net::FileStamp> changed_files(const proxy::Snapshot& snapshot) {
  std::vector<net::FileStamp> changed;
  for (const auto* context : contexts_of(snapshot)) {
    for (const auto& file : context->files()) {
      auto now = net::stamp_of(file.path);
      if (now != file) changed.push_back(std::move(now));
    }
  }
  return changed;
}

std::string until(WallTime ends, WallTime now) {
  const auto left = std::chrono::duration_cast<std::chrono::hours>(ends - now);
  if (ends <= now) return "has ended";
  if (left < 2 * kDay) return "ends in " + std::to_string(left.count()) + " hours";
  return "ends in " + std::to_string(left / kDay) + " days";
}

}  // namespace

Expiry expiry_of(WallTime ends, WallTime now) noexcept {
  if (ends <= now) return Expiry::Ended;
  if (ends - now <= kDay) return Expiry::Within1Day;
  if (ends - now <= 7 * kDay) return Expiry::Within7Days;
  return ends - now <= 30 * kDay ? Expiry::Within30Days : Expiry::Far;
}

std::shared_ptr<const proxy::Snapshot> CertificateWatch::look(const proxy::Snapshot& current, TimePoint now,
                                                              WallTime wall) {
  if (now < next_) return nullptr;
  next_ = now + seconds(1);
  say_ends(current, wall);
  say_channel_bindings(current);
  auto changed = changed_files(current);
  if (changed.empty()) {
    changed_.clear();
    return nullptr;
  }
  const bool still = changed == changed_;
  changed_ = std::move(changed);
  return still && changed_ != refused_ ? renew(current) : nullptr;
}

std::shared_ptr<const proxy::Snapshot> CertificateWatch::renew(const proxy::Snapshot& current) {
  auto renewed = SnapshotBuilder::renew(current);
  if (!renewed) {
    refused_ = changed_;
    log_.write(Level::Error, "certificates were replaced, but cannot be used; the old ones go on",
               {{"detail", renewed.error().detail}});
    return nullptr;
  }
  std::string files;
  for (const auto& file : changed_)
    files += (files.empty() ? "" : ", ") + file.path;
  log_.write(Level::Info, "certificates were replaced; new connections use them", {{"files", files}});
  changed_.clear();
  refused_.clear();
  return *renewed;
}

// Once for each step nearer to the end.
void CertificateWatch::say_ends(const proxy::Snapshot& current, WallTime wall) {
  for (const auto* context : contexts_of(current)) {
    for (const auto& certificate : context->certificates()) {
      const auto expiry = expiry_of(certificate.ends, wall);
      auto& said = said_[certificate.sha256];
      if (expiry <= said) continue;
      said = expiry;
      const auto level = expiry == Expiry::Ended ? Level::Error : Level::Warn;
      log_.write(level, "a certificate " + until(certificate.ends, wall),
                 {{"file", certificate.file}, {"names", certificate.names}});
    }
  }
}

// Clients that bind their login to the TLS channel fail where the server sees another certificate than they
// do. Said once, and again when it changes.
void CertificateWatch::say_channel_bindings(const proxy::Snapshot& current) {
  for (const auto& listener : current.listeners) {
    if (!listener.settings.tls) continue;
    const auto& pool = current.pools[listener.pool];
    for (const auto& member : pool.pool->members()) {
      const auto binding = channel_binding(listener, pool, member.settings.host);
      auto& said = bindings_[listener.settings.name + "\n" + pool.pool->name() + "\n" + member.settings.name];
      if (binding == said || binding == ChannelBinding::Unknown) continue;
      said = binding;
      const bool holds = binding == ChannelBinding::Holds;
      log_.write(Level::Info,
                 holds
                     ? "NTLM and Kerberos clients with channel binding pass to this server"
                     : "NTLM and Kerberos clients with channel binding fail at this server if it checks "
                       "that (CbtHardeningLevel): it shows another certificate than this listener; give both "
                       "the same one, or relay TLS (tls: {mode: passthrough})",
                 {{"listener", listener.settings.name},
                  {"pool", pool.pool->name()},
                  {"server", member.settings.name}});
    }
  }
}

}  // namespace winrmlb::app
