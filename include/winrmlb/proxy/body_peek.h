// BodyPeek: shows the first bytes of a body to the envelope scanner while they wait in an Input to be
// relayed.
//
// Pure; belongs to one message. Nothing is consumed: the Pump sends the same bytes afterwards. Chunked bodies
// are shown without their framing.
#pragma once

#include <cstddef>
#include <string_view>

#include "winrmlb/http/body.h"
#include "winrmlb/winrm/envelope.h"
#include "winrmlb/winrm/envelope_memory.h"

namespace winrmlb::proxy {

class BodyPeek {
 public:
  /// The body begins at `head_bytes` of the input.
  BodyPeek(std::size_t head_bytes, http::BodyReader body) noexcept : at_(head_bytes), body_(body) {}

  /// Feeds what has come since the last call. True: nothing more is wanted, or nothing more will come.
  bool feed(std::string_view input, winrm::EnvelopeScanner& scanner) noexcept;
  /// The first feed of a request, with what is remembered of the ones before it.
  bool begin(std::string_view input, winrm::EnvelopeScanner& scanner, winrm::EnvelopeMemory& memory,
             winrm::Charset charset);
  /// All of the body is in the input; then it ends there.
  bool whole() const noexcept { return body_.done(); }
  std::size_t end() const noexcept { return at_; }

 private:
  std::size_t at_;
  http::BodyReader body_;
};

}  // namespace winrmlb::proxy
