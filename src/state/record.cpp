#include "winrmlb/state/record.h"

#include <array>
#include <cstring>
#include <utility>

#include "winrmlb/core/hash.h"

namespace winrmlb::state {

namespace {

constexpr std::size_t kIpBytes = 16;
constexpr std::size_t kPinBytes = 17;  // the kind, then the id

}  // namespace

Key Key::address(std::string pool, const ClientAddress& client, Kind kind) {
  const auto& bytes = client.ip().bytes();
  return {kind, std::move(pool), std::string(bytes.begin(), bytes.end())};
}

Key Key::pin(std::string pool, const Uuid& id, balance::PinKind kind) {
  std::string subject(kPinBytes, static_cast<char>(kind));
  const std::uint64_t halves[] = {id.high(), id.low()};
  std::memcpy(subject.data() + 1, halves, sizeof halves);
  return {Kind::Pin, std::move(pool), std::move(subject)};
}

Key Key::server(std::string pool, std::string name, Kind kind) {
  return {kind, std::move(pool), std::move(name)};
}

std::optional<IpAddress> Key::ip() const noexcept {
  if ((kind != Kind::Address && kind != Kind::Assignment) || subject.size() != kIpBytes) return std::nullopt;
  std::array<std::uint8_t, kIpBytes> bytes{};
  std::memcpy(bytes.data(), subject.data(), kIpBytes);
  return IpAddress::from_v6(bytes);
}

std::optional<Key::PinId> Key::pin_id() const noexcept {
  if (kind != Kind::Pin || subject.size() != kPinBytes) return std::nullopt;
  const auto pin_kind = static_cast<unsigned char>(subject[0]);
  if (pin_kind > static_cast<unsigned char>(balance::PinKind::ClientSession)) return std::nullopt;
  std::uint64_t halves[2];
  std::memcpy(halves, subject.data() + 1, sizeof halves);
  return PinId{Uuid::of_halves(halves[0], halves[1]), static_cast<balance::PinKind>(pin_kind)};
}

std::uint64_t Key::hash() const noexcept {
  const char first = static_cast<char>(kind);
  return stable_hash(subject, stable_hash(pool, stable_hash({&first, 1})));
}

}  // namespace winrmlb::state
