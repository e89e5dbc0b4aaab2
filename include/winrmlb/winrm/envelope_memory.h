// EnvelopeMemory: reads a message faster when it begins like the ones before it.
//
// Pure; one per worker, used on its thread. The clients of a farm are a few programs, and what a program
// sends differs from message to message in little: first in the MessageID, and then not before the shell that
// it names. So the state of a scanner after such a beginning is kept, and a message that begins with the very
// same bytes is read from there; and if the MessageID is a plain UUID and the very same bytes follow, from
// after those. The bytes are compared, all of them: what is found is what reading them again would find.
//
//   beginning                          id      middle                                        read anew
//   <s:Envelope …><a:MessageID>uuid: … 1D8A… </a:MessageID> … <w:Selector Name="ShellId">    11A6…
//   </w:Selector>
#pragma once

#include <cstddef>
#include <optional>
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
  std::size_t kept() const noexcept {
    return middle_.text.empty() ? beginning_.text.size()
                                : beginning_.text.size() + id_bytes_ + middle_.text.size();
  }

 private:
  struct Part {
    std::string text;
    EnvelopeScanner after{EnvelopeScanner::Side::Request};
  };

  bool skip_middle(EnvelopeScanner& scanner, std::string_view bytes) const noexcept;
  void learn(Charset charset, std::string_view bytes);
  void learn_middle(std::string_view start);

  std::string last_;  // what the message before began with
  Part beginning_;
  Part middle_;                      // no text: none is known
  std::size_t id_bytes_ = 0;         // between the two
  Charset charset_ = Charset::Utf8;  // of all that
  unsigned misses_ = kPatience;
};

}  // namespace winrmlb::winrm
