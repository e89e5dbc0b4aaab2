// What the load driver was asked to do.
#pragma once

#include <cstdint>
#include <netinet/in.h>
#include <string>

namespace winrmlb::perf {

enum class Mode {
  Small,    // keep-alive, 1.4 KB asked, 1 KB answered
  Bulk,     // keep-alive, 500 KB answered
  Connect,  // a new connection for every small exchange
  Idle,     // every connection asks once for something that is never answered, and stays
};

enum class Resume { Yes, No };

struct Options {
  sockaddr_in target{};
  Mode mode = Mode::Small;
  bool tls = false;
  Resume resume = Resume::No;  // Connect over TLS: offer the session of the connection before
  unsigned connections = 50;
  unsigned sources = 50;  // client addresses: 127.1.0.1 and on
  double warmup = 0.5;    // seconds
  double seconds = 3;
  std::uint64_t requests = 0;  // stop after exactly so many instead; no warm-up then
  int watched = 0;             // process whose CPU time is read at both ends of the window
};

/// Ends the program with the usage text when the words make no sense.
Options parse_options(int argc, char** argv);

}  // namespace winrmlb::perf
