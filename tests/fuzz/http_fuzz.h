// What must hold for every head that the parser accepts, whoever sent it. Used by the two head targets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "winrmlb/core/check.h"
#include "winrmlb/http/edit.h"
#include "winrmlb/http/head.h"

namespace winrmlb::http {

/// The end of the head, found at once; checked to be found the same byte by byte.
inline std::optional<std::size_t> find_head_end(std::string_view bytes) {
  const auto whole = HeadEnd().find(bytes);
  HeadEnd by_byte;
  std::optional<std::size_t> found;
  for (std::size_t size = 0; size <= bytes.size() && !found; ++size)
    found = by_byte.find(bytes.substr(0, size));
  WINRMLB_CHECK(found == whole);
  return whole;
}

/// The start line, the lines of the fields and the empty line are the whole head, in this order, nothing
/// between.
inline void check_views(std::string_view head, std::string_view start_line, const Fields& fields) {
  const char* at = head.data();
  WINRMLB_CHECK(start_line.data() == at && start_line.ends_with("\r\n"));
  at += start_line.size();
  for (const auto& field : fields.all()) {
    WINRMLB_CHECK(field.line.data() == at && field.line.ends_with("\r\n"));
    WINRMLB_CHECK(field.name.data() == at && !field.name.empty() && at[field.name.size()] == ':');
    at += field.line.size();
    WINRMLB_CHECK(field.value.data() > field.name.data() &&
                  field.value.data() + field.value.size() <= at - 2);
    WINRMLB_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos);
  }
  WINRMLB_CHECK(std::string_view(at, 2) == "\r\n" && at + 2 == head.data() + head.size());
}

/// The head written anew in the plainest form.
inline std::string rewritten(std::string_view start_line, const Fields& fields) {
  std::string out(start_line);
  for (const auto& field : fields.all())
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  return out + "\r\n";
}

inline void check_same_fields(const Fields& a, const Fields& b) {
  WINRMLB_CHECK(a.count == b.count);
  for (std::size_t i = 0; i < a.count; ++i) {
    WINRMLB_CHECK(a.storage[i].name == b.storage[i].name && a.storage[i].value == b.storage[i].value);
    WINRMLB_CHECK(a.storage[i].known == b.storage[i].known);
  }
}

inline std::string joined(Edit& edit) {
  std::string out;
  for (const auto piece : edit.pieces()) {
    WINRMLB_CHECK(!piece.empty());
    out += piece;
  }
  WINRMLB_CHECK(out.size() == edit.bytes());
  return out;
}

/// Lines taken out by the bits of `choice`, in an order of its own, leave the others as they are.
inline void check_edit(std::string_view head, std::string_view start_line, const Fields& fields,
                       std::uint32_t choice) {
  constexpr std::string_view kAdded = "X-Added: 1\r\n";
  const auto chosen = [choice](std::size_t i) { return (choice >> (i % 31) & 1) != 0; };
  Edit edit(head);
  std::string expected(start_line);
  bool fits = true;
  for (std::size_t i = fields.count; i-- > 0;) {
    if (chosen(i)) fits = edit.remove(fields.storage[i].line) && fits;
  }
  if (!fits) return;
  for (std::size_t i = 0; i < fields.count; ++i) {
    if (!chosen(i)) expected += fields.storage[i].line;
  }
  if ((choice & 0x80000000U) != 0) {
    edit.add(kAdded);
    expected += kAdded;
  }
  WINRMLB_CHECK(joined(edit) == expected + "\r\n");
}

/// The head without its hop-by-hop fields; nothing if that is refused.
inline std::optional<std::string> forwarded(std::string_view head, const Fields& fields, Side side) {
  Edit edit(head);
  if (!remove_hop_by_hop(edit, fields, side)) return std::nullopt;
  return joined(edit);
}

}  // namespace winrmlb::http
