#include "options.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace winrmlb::perf {

namespace {

constexpr const char* kUsage =
    "usage: winrm-load ADDRESS:PORT --mode small|bulk|connect|idle [options]\n"
    "  --tls                 TLS 1.3 towards the balancer\n"
    "  --resume              mode connect: resume TLS sessions (otherwise every handshake is a full one)\n"
    "  --connections N       open at once (50)\n"
    "  --sources N           client addresses they come from, in 127.1.0.0/16 (50)\n"
    "  --warmup S            seconds before the counting starts (0.5)\n"
    "  --seconds S           seconds of counting (3)\n"
    "  --requests N          count exactly N exchanges instead, without a warm-up\n"
    "  --watch PID           also report the CPU time which that process used while counting\n"
    "Mode idle prints a line once every connection waits, and holds them until its standard input ends.\n";

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(2);
}

Mode mode_of(std::string_view name) {
  if (name == "small") return Mode::Small;
  if (name == "bulk") return Mode::Bulk;
  if (name == "connect") return Mode::Connect;
  if (name == "idle") return Mode::Idle;
  usage();
}

sockaddr_in target_of(const std::string& text) {
  const auto colon = text.rfind(':');
  sockaddr_in place{};
  place.sin_family = AF_INET;
  if (colon == std::string::npos || inet_pton(AF_INET, text.substr(0, colon).c_str(), &place.sin_addr) != 1)
    usage();
  place.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return place;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  bool has_target = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto next = [&]() -> const char* { return i + 1 < argc ? argv[++i] : (usage(), ""); };
    if (word == "--tls") {
      options.tls = true;
    } else if (word == "--resume") {
      options.resume = Resume::Yes;
    } else if (word == "--mode") {
      options.mode = mode_of(next());
    } else if (word == "--connections") {
      options.connections = static_cast<unsigned>(std::max(1, std::atoi(next())));
    } else if (word == "--sources") {
      options.sources = static_cast<unsigned>(std::clamp(std::atoi(next()), 1, 60'000));
    } else if (word == "--warmup") {
      options.warmup = std::atof(next());
    } else if (word == "--seconds") {
      options.seconds = std::atof(next());
    } else if (word == "--requests") {
      options.requests = std::strtoull(next(), nullptr, 10);
    } else if (word == "--watch") {
      options.watched = std::atoi(next());
    } else if (!word.starts_with("-") && !has_target) {
      options.target = target_of(std::string(word));
      has_target = true;
    } else {
      usage();
    }
  }
  if (!has_target) usage();
  return options;
}

}  // namespace winrmlb::perf
