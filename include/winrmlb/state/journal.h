// Journal: how changes are written one behind the other, and read again from a file that a crash, a disk or a
// hand may have damaged. Pure; bytes in, values out.
//
//   file    magic "WLBSTATE" · version u32 · CRC of both u32 · frames
//   frame   sync u32 · length u16 · hash of the key u64 · CRC of the three u32 · payload · CRC of it u32
//   payload kind u8 · has a value u8 · pool, subject · expires i64 · the value
//
// All numbers are little-endian, texts have their length in front, times are milliseconds since 1970, CRCs
// are CRC-32C. What stands behind a payload's known fields is skipped, so that later versions may add some; a
// kind that is not known is skipped as a whole.
//
// The two CRCs of a frame make every single damage harmless: with its payload gone, the header still names
// the key, whose earlier records are then no longer believed; with its header gone, the payload is still
// found between this frame's place and the next one. A frame that is cut off by the end of the file is as if
// it had not been written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "winrmlb/state/record.h"

namespace winrmlb::state {

constexpr std::uint32_t kJournalVersion = 1;
constexpr std::size_t kLongestPayload = 1024;

void append_journal_header(std::string& out);
/// False, and nothing is appended: it is longer than a payload may be.
bool append_change(std::string& out, const Change& change);

/// What has been read.
struct JournalReport {
  std::uint64_t changes = 0;        // read
  std::uint64_t damaged = 0;        // places that are not as they were written
  std::uint64_t repaired = 0;       // of these, where the change was found all the same
  std::uint64_t forgotten = 0;      // records that are no longer believed because of it
  std::uint64_t lost_bytes = 0;     // of which nothing is known
  std::uint64_t skipped = 0;        // changes of a kind that is not known here
  std::uint64_t expired = 0;        // records that were too old
  std::size_t torn_bytes = 0;       // at the end, of a frame that was not written to its end
  std::uint32_t other_version = 0;  // it is of this version, and nothing was read; 0: of ours
};

/// Records by their key's hash, as they are after a row of changes.
using Records = std::unordered_map<std::uint64_t, Record>;

/// The records that a journal leaves at `now`.
JournalReport read_journal(std::string_view bytes, WallTime now, Records& records);

}  // namespace winrmlb::state
