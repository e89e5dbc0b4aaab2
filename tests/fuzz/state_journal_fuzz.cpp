// The state's journal: whatever stands in the file, reading it ends, and what is read can be written and read
// again.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/state/journal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace winrmlb;
  const std::vector<char> exact(data, data + size);  // a byte read beyond it is one beyond the heap block
  state::Records records;
  const auto report = state::read_journal({exact.data(), exact.size()}, WallTime{}, records);
  WINRMLB_CHECK(report.lost_bytes + report.torn_bytes <= size);
  WINRMLB_CHECK(report.repaired <= report.damaged);
  std::string bytes;
  state::append_journal_header(bytes);
  for (const auto& [hash, record] : records) {
    WINRMLB_CHECK(record.key.hash() == hash);
    WINRMLB_CHECK(state::append_change(bytes, {record.key, record.value, record.expires}));
  }
  state::Records again;
  const auto second = state::read_journal(bytes, WallTime{}, again);
  WINRMLB_CHECK(second.damaged == 0 && second.torn_bytes == 0);
  WINRMLB_CHECK(again == records);
  return 0;
}
