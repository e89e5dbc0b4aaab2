// What a process makes of the records that a former one has left.
#include <algorithm>
#include <utility>

#include "state_times.h"
#include "winrmlb/app/state_keeper.h"

namespace winrmlb::app {

using balance::AffinityTable;
using balance::ShellRegistry;
using state::Change;
using state::Kind;
using telemetry::Level;

Status StateKeeper::load(std::shared_ptr<const proxy::Snapshot> snapshot, TimePoint now, WallTime wall) {
  snapshot_ = snapshot;
  if (store_) {
    std::vector<Change> records;
    const auto report = store_->open(wall, [&](const Change& change) { records.push_back(change); });
    if (!report) return report.error();
    is_ = Store::Open;
    for (const auto& record : records) {
      const bool is_word = record.key.kind != Kind::Address && record.key.kind != Kind::Pin;
      if (is_word && record.value) told_[record.key] = *record.value;
    }
    say(*report, restore(std::move(records), now, wall));
  }
  adopt(std::move(snapshot));
  return Done{};
}

std::vector<admin::ModeChange> StateKeeper::take_modes() { return std::exchange(modes_, {}); }

// Addresses before pins, which then count in their entries, both in the order of their use, as the tables
// have them; then what operators have said of them.
StateKeeper::Restored StateKeeper::restore(std::vector<Change> records, TimePoint now, WallTime wall) {
  struct PoolRecords {
    std::vector<AffinityTable::Kept> addresses;
    std::vector<ShellRegistry::Kept> pins;
  };
  struct Word {
    const Change* change;
    const proxy::PoolEntry* entry;
    const balance::Member* member;
  };
  Restored restored;
  std::map<std::string, PoolRecords> by_pool;
  std::vector<Word> words;
  std::map<std::pair<std::string, std::string>, std::string> hosts;
  for (const auto& record : records) {
    if (const auto* server = record.value ? std::get_if<state::Server>(&*record.value) : nullptr)
      hosts[{record.key.pool, record.key.subject}] = server->host;
  }
  // The server that a record means, if it is configured, and still the same.
  const auto member_of = [&](const proxy::PoolEntry& entry, const std::string& name) {
    const auto* member = entry.pool->member(name);
    const auto host = hosts.find({entry.pool->name(), name});
    const bool is_another = member && host != hosts.end() && host->second != member->settings.host;
    return is_another ? nullptr : member;
  };
  for (const auto& record : records) {
    if (!record.value || record.key.kind == Kind::Server) continue;
    const auto* entry = snapshot_->pool(record.key.pool);
    const auto server = std::visit(
        [&](const auto& value) {
          if constexpr (requires { value.server; }) {
            return value.server;
          } else {
            return record.key.subject;
          }
        },
        *record.value);
    const auto* member = entry ? member_of(*entry, server) : nullptr;
    if (!member) {
      ++restored.unknown;
      continue;
    }
    auto& here = by_pool[record.key.pool];
    if (const auto* address = std::get_if<state::Address>(&*record.value)) {
      const auto ip = record.key.ip();
      if (!ip) continue;
      const auto* home = address->home.empty() ? nullptr : member_of(*entry, address->home);
      here.addresses.push_back({.client = entry->pool->client_of(*ip),
                                .server = member->state->id,
                                .home = home ? std::optional(home->state->id) : std::nullopt,
                                .since = past_of(address->since, now, wall),
                                .last_used = past_of(address->last_used, now, wall),
                                .holds = address->holds});
    } else if (const auto* pin = std::get_if<state::Pin>(&*record.value)) {
      const auto id = record.key.pin_id();
      if (!id) continue;
      here.pins.push_back({.id = id->id,
                           .kind = id->kind,
                           .server = member->state->id,
                           .client = entry->pool->client_of(pin->client),
                           .resource = pin->resource,
                           .since = past_of(pin->since, now, wall),
                           .last_used = past_of(pin->last_used, now, wall),
                           .idle_limit = pin->idle_limit,
                           .expires = future_of(record.expires, now, wall)});
    } else {
      words.push_back({&record, entry, member});
    }
  }
  const auto by_use = [](const auto& a, const auto& b) { return a.last_used < b.last_used; };
  for (auto& [name, here] : by_pool) {
    auto& pool = *snapshot_->pool(name)->pool;
    std::sort(here.addresses.begin(), here.addresses.end(), by_use);
    for (const auto& address : here.addresses)
      ++(pool.affinity().restore(address, now) ? restored.addresses : restored.refused);
    std::sort(here.pins.begin(), here.pins.end(), by_use);
    for (const auto& pin : here.pins)
      ++(pool.shells().restore(pin, now) ? restored.shells : restored.refused);
  }
  for (const auto& word : words)
    restore_word(*word.change, *word.entry, *word.member, now, wall, restored);
  return restored;
}

// A word holds as long as the configuration has not said something else since.
void StateKeeper::restore_word(const Change& change, const proxy::PoolEntry& entry,
                               const balance::Member& member, TimePoint now, WallTime wall,
                               Restored& restored) {
  if (const auto* weight = std::get_if<state::Weight>(&*change.value)) {
    if (weight->configured != member.settings.weight) return;
    member.state->weight_by_command = weight->weight;
    ++restored.words;
    return;
  }
  if (std::holds_alternative<state::Assignment>(*change.value)) {
    const auto ip = change.key.ip();
    if (ip && entry.pool->pin(entry.pool->client_of(*ip), member.state->id, now)) ++restored.words;
    return;
  }
  const auto* mode = std::get_if<state::Mode>(&*change.value);
  if (!mode || mode->configured != member.settings.state) return;
  admin::ModeChange again{.pool = entry.pool->name(), .server = member.settings.name, .deadline = {}};
  again.mode = mode->mode;
  if (mode->deadline) {
    again.deadline = std::max(seconds(0), std::chrono::duration_cast<seconds>(*mode->deadline - wall));
  }
  modes_.push_back(std::move(again));
  ++restored.words;
}

void StateKeeper::say(const state::JournalReport& report, const Restored& restored) {
  log_.write(Level::Info, "what a former process knew is known again",
             {{"addresses", restored.addresses},
              {"shells", restored.shells},
              {"operators_words", restored.words},
              {"too_old", static_cast<std::int64_t>(report.expired) + restored.refused},
              {"no_longer_configured", restored.unknown}});
  if (report.other_version != 0) {
    log_.write(Level::Warn,
               "the state is of another version of winrm-lb: it is kept aside, and nothing of it is known",
               {{"version", std::int64_t{report.other_version}}});
  }
  if (report.damaged > 0) {
    log_.write(Level::Warn, "the state was damaged: what could not be read is not known",
               {{"places", static_cast<std::int64_t>(report.damaged)},
                {"repaired", static_cast<std::int64_t>(report.repaired)},
                {"records_dropped", static_cast<std::int64_t>(report.forgotten)},
                {"bytes_lost", static_cast<std::int64_t>(report.lost_bytes)}});
  }
  if (report.torn_bytes > 0) {
    log_.write(Level::Info, "the state ends in the middle of a record, as after a crash; the rest is whole",
               {{"bytes", static_cast<std::int64_t>(report.torn_bytes)}});
  }
}

// ---- from process to process
// ------------------------------------------------------------------------------------

std::string StateKeeper::hand_over(TimePoint now, WallTime wall) {
  std::string bytes;
  state::append_journal_header(bytes);
  const auto append = [&](const auto& rows, const balance::Pool& pool) {
    for (const auto& kept : rows) {
      if (auto record = record_of(pool, kept, now, wall))
        (void)state::append_change(bytes,
                                   {std::move(record->key), std::move(record->value), record->expires});
    }
  };
  for (const auto& [key, value] : words(now, wall))
    (void)state::append_change(bytes, {key, value});
  for (const auto& entry : snapshot_->pools) {
    for (std::size_t i = 0; i < AffinityTable::kParts; ++i)
      append(entry.pool->affinity().part(i, now), *entry.pool);
    for (std::size_t i = 0; i < ShellRegistry::kParts; ++i)
      append(entry.pool->shells().part(i), *entry.pool);
  }
  return bytes;
}

void StateKeeper::take_over(std::string_view bytes, TimePoint now, WallTime wall) {
  state::Records records;
  const auto report = state::read_journal(bytes, wall, records);
  std::vector<Change> changes;
  changes.reserve(records.size());
  for (auto& [hash, record] : records)
    changes.push_back({std::move(record.key), std::move(record.value), record.expires});
  say(report, restore(std::move(changes), now, wall));
  if (store_) is_ = Store::Awaited;
}

}  // namespace winrmlb::app
