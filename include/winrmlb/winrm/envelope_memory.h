// EnvelopeMemory: reads a message faster when it begins like the ones before it.
//
// Pure; one per worker, used on its thread. The clients of a farm are a few programs, and what a program
// sends differs from message to message only from the MessageID on, which is two thirds into what the scanner
// reads. So the state of a scanner after such a beginning is kept, and a message that begins with the very
// same bytes is read from there. The bytes are compared, all of them: what is found is what reading them
// again would find.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "winrmlb/winrm/envelope.h"

namespace winrmlb::winrm {

class EnvelopeMemory {
 public:
  static constexpr std::size_t kLeast = 256;  // bytes of a beginning that is worth keeping
  static constexpr std::size_t kMost = 2048;  // of one that is looked at
  static constexpr unsigned kPatience = 16;  // messages that begin otherwise, until another beginning is kept

  /// As `scanner.restart(Side::Request, charset)` and `scanner.feed(bytes)`.
  void begin(EnvelopeScanner& scanner, Charset charset, std::string_view bytes);

  /// For tests: how many bytes of the next message need not be read.
  std::size_t kept() const noexcept { return beginning_.size(); }

 private:
  void learn(Charset charset, std::string_view bytes);

  std::string last_;  // the beginning of the message before
  std::string beginning_;
  EnvelopeScanner after_{EnvelopeScanner::Side::Request};  // it
  Charset charset_ = Charset::Utf8;                        // of both
  unsigned misses_ = kPatience;
};

}  // namespace winrmlb::winrm
