// Identities as types: a ServerId cannot be passed where a PoolId is meant, and does not decay to an integer.
//
// Values, any thread. ServerId and PoolId are small numbers given by app when a configuration first names a
// pool or server; they stay with that (pool, server) name across reloads and are never given again in a
// process.
#pragma once

#include <cstdint>
#include <functional>

namespace winrmlb {

template <typename Tag, typename Value>
class Id {
 public:
  using value_type = Value;
  constexpr Id() = default;
  constexpr explicit Id(Value value) : value_(value) {}
  constexpr Value value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  Value value_{};
};

using PoolId = Id<struct PoolTag, std::uint16_t>;
using ServerId = Id<struct ServerTag, std::uint16_t>;
using ListenerId = Id<struct ListenerTag, std::uint16_t>;
/// Unique in the process; the upper bits name the worker.
using SessionId = Id<struct SessionTag, std::uint64_t>;

}  // namespace winrmlb

template <typename Tag, typename Value>
struct std::hash<winrmlb::Id<Tag, Value>> {
  std::size_t operator()(const winrmlb::Id<Tag, Value>& id) const noexcept {
    return std::hash<Value>{}(id.value());
  }
};
