// CertificateWatch: certificates, keys, authorities and lists of revoked ones that are replaced on disk are
// taken without a reload, and certificates that end soon are said in the log.
//
// Control thread only. Looks at the files once a second and takes them when they have lain still for one:
// a certificate and its key are never replaced in one step. Sessions go on with what they began with.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "winrmlb/app/snapshot_builder.h"
#include "winrmlb/core/time.h"
#include "winrmlb/proxy/channel_binding.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

/// How near the end of a certificate is.
enum class Expiry : std::uint8_t { Far, Within30Days, Within7Days, Within1Day, Ended };
Expiry expiry_of(WallTime ends, WallTime now) noexcept;

class CertificateWatch {
 public:
  explicit CertificateWatch(telemetry::Log& log) : log_(log) {}

  /// To be called now and then; does something once a second. A snapshot with the new certificates, if files
  /// of `current` have been replaced; else null.
  std::shared_ptr<const proxy::Snapshot> look(const proxy::Snapshot& current, TimePoint now, WallTime wall);

 private:
  std::shared_ptr<const proxy::Snapshot> renew(const proxy::Snapshot& current);
  void say_ends(const proxy::Snapshot& current, WallTime wall);
  void say_channel_bindings(const proxy::Snapshot& current);

  telemetry::Log& log_;
  TimePoint next_{};
  std::vector<net::FileStamp> changed_;                    // as they were a second ago
  std::vector<net::FileStamp> refused_;                    // could not be used; not tried again
  std::map<std::string, Expiry> said_;                     // by SHA-256
  std::map<std::string, proxy::ChannelBinding> bindings_;  // by listener and server
};

}  // namespace winrmlb::app
