// The header section of a head (RFC 9112 5): its lines, and what they say about framing and connection.
//
// Pure, internal to http; shared by requests and responses. One pass over the bytes, nothing allocated.
#pragma once

#include <cstdint>
#include <string_view>

#include "winrmlb/core/result.h"
#include "winrmlb/http/head.h"

namespace winrmlb::http {

/// Why a message is refused, as a request would be; no text means that it is not.
struct Refusal {
  std::string_view text;
  ErrorCode code = ErrorCode::BadRequest;
  std::uint16_t field_number = 0;  // counted from 1; 0: not about one field
  explicit operator bool() const noexcept { return !text.empty(); }
};

/// What the fields say that more than one of them may speak of.
struct FieldFacts {
  std::string_view host;
  std::uint64_t content_length = 0;
  std::uint16_t hosts = 0;
  std::uint16_t content_lengths = 0;
  std::uint16_t transfer_encodings = 0;
  std::uint16_t authorizations = 0;
  std::uint16_t content_types = 0;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  bool expects_continue = false;
};

FieldName known_field(std::string_view name) noexcept;

/// `section` begins after the start line and ends with the empty line.
Refusal parse_fields(std::string_view section, unsigned most, Fields& fields, FieldFacts& facts) noexcept;

/// What of RFC 9112 6.1 and 6.2 holds for every message: one length at most, one coding at most, never both.
Refusal check_framing(const FieldFacts& facts, std::uint8_t minor_version) noexcept;

}  // namespace winrmlb::http
