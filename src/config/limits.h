// The limits of a configuration. Each is tested at n and at n + 1.
#pragma once

#include <cstddef>

namespace winrmlb::config {

inline constexpr std::size_t kFileBytes = 1024 * 1024;  // of one file
inline constexpr std::size_t kFiles = 256;              // the file and those that it includes
inline constexpr std::size_t kDepth = 16;               // of lists and mappings in each other
inline constexpr std::size_t kValues = 100'000;  // in one file, aliases counted as often as they are used
inline constexpr std::size_t kMistakes = 100;    // that are shown; the rest is counted
inline constexpr std::size_t kListeners = 256;
inline constexpr std::size_t kPools = 1000;
inline constexpr std::size_t kServersOfPool = 1000;
inline constexpr std::size_t kServers =
    10'000;  // in all pools; a ServerId has 16 bits and is never given twice
inline constexpr std::size_t kClients = 10'000;   // of one pool
inline constexpr std::size_t kNetworks = 1000;    // of one list
inline constexpr std::size_t kCertificates = 64;  // of one listener, beside its first
inline constexpr std::size_t kPaths = 64;         // of one listener
inline constexpr std::size_t kRoutes = 1000;
inline constexpr std::size_t kSocketPathBytes = 107;  // sun_path of sockaddr_un without its NUL

}  // namespace winrmlb::config
