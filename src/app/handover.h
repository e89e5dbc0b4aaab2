// The words that two processes exchange when one takes over from the other: messages on a socket pair, each a
// JSON object with "message", and descriptors beside it. unix(7), SCM_RIGHTS.
//
//   the new one                              the old one, which started it
//   ── hello {protocol} ───────────────────▶
//   ◀── listener {name} + sockets ────────── one or more for each address; admin {} + socket
//   ◀── offered {} ─────────────────────────
//      reads and checks the configuration, binds what is not among these
//   ── prepared {}, or failed {why} ───────▶
//                                            its workers pause accepting: connections wait in the queues
//   ◀── state {} + a file in memory ──────── affinity and whatever else clients depend on
//      its workers start
//   ── serving {} ─────────────────────────▶
//                                            tells systemd who the service is now
//   ◀── yours {} ───────────────────────────  and lets its own sessions end
//
// An end of the pair that closes before that means: it did not come about. Either goes on, or ends, as if
// nothing had been.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include <boost/json/object.hpp>

#include "winrmlb/core/result.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::app::handover {

/// Of the words above. A process that speaks another number is told to be restarted instead.
inline constexpr std::int64_t kProtocol = 1;
/// Where the new process finds its end of the pair: the number of a descriptor.
inline constexpr char kVariable[] = "WINRM_LB_HANDOVER";
/// The number it has.
inline constexpr int kDescriptor = 3;
/// Of descriptors in one message.
inline constexpr std::size_t kMostDescriptors = 200;

struct Message {
  std::string name;
  boost::json::object content;
  std::vector<net::Descriptor> descriptors;
  pid_t sender = 0;  // the kernel's word, if the socket was told to ask for it (SO_PASSCRED)

  std::string text(std::string_view key) const;
  std::int64_t number(std::string_view key) const;
};

Status send(int socket, std::string_view name, boost::json::object content = {},
            std::span<const int> descriptors = {});
/// Waits if the socket does. Error Closed: the other end is gone; Limit: nothing is there now.
Result<Message> receive(int socket);

/// A file that exists in memory only, and what one holds.
Result<net::Descriptor> file_with(std::string_view content);
Result<std::string> content_of(int file);

}  // namespace winrmlb::app::handover
