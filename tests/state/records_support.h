// Records that tests write and read: a few of each kind, and a row of changes of them.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "winrmlb/state/journal.h"

namespace winrmlb::state::support {

inline const WallTime kNow = WallTime(std::chrono::hours(24 * 365 * 56));

inline ClientAddress client(std::uint32_t number) {
  return {IpAddress::from_v4(0x0a000000U + number), 32, 128};
}
inline Uuid shell(std::uint64_t number) { return Uuid::of_halves(0x1122334455667788U, number); }

inline Record address(std::uint32_t number, const std::string& server) {
  return {Key::address("teams", client(number)),
          Address{server, number % 2 == 0 ? "" : "ps9", kNow - seconds(60), kNow - seconds(number), true},
          kNow + seconds(600)};
}
inline Record pin(std::uint64_t number, const std::string& server) {
  return {Key::pin("teams", shell(number), balance::PinKind::Shell),
          Pin{server, client(7).ip(), "Microsoft.PowerShell", kNow - seconds(50), kNow - seconds(5),
              seconds(7200)},
          kNow + seconds(7000)};
}
inline Record mode(const std::string& server, config::ServerMode is) {
  return {Key::server("teams", server, Kind::Mode), Mode{is, config::ServerMode::Ready, kNow + seconds(90)}};
}
inline Change put(Record record) { return {record.key, record.value, record.expires}; }
inline Change gone(const Key& key) { return {key, std::nullopt, WallTime::max()}; }

/// Changes of a few keys, each of which comes often.
inline std::vector<Change> history(std::size_t changes) {
  std::mt19937 random(7);
  const auto server = [&] { return "ps" + std::to_string(1 + random() % 3); };
  std::vector<Change> all;
  for (std::size_t i = 0; i < changes; ++i) {
    Change change;
    switch (random() % 6) {
      case 0:
      case 1:
        change = put(address(static_cast<std::uint32_t>(random() % 4), server()));
        break;
      case 2:
      case 3:
        change = put(pin(random() % 4, server()));
        break;
      case 4:
        change = put(mode(server(), config::ServerMode::Drain));
        break;
      default:
        change = put({Key::server("teams", server(), Kind::Weight),
                      Weight{static_cast<std::uint16_t>(random() % 100), 100}});
        break;
    }
    if (random() % 5 == 0) change = gone(change.key);
    all.push_back(std::move(change));
  }
  return all;
}

using Known = std::map<Key, Record>;
inline void take_note(Known& known, const Change& change) {
  if (change.value) {
    known[change.key] = {change.key, *change.value, change.expires};
  } else {
    known.erase(change.key);
  }
}
inline Known after(const std::vector<Change>& changes) {
  Known known;
  for (const auto& change : changes)
    take_note(known, change);
  return known;
}
inline Known known_of(const Records& records) {
  Known known;
  for (const auto& [hash, record] : records)
    known[record.key] = record;
  return known;
}

}  // namespace winrmlb::state::support
