// Pump: one direction of an exchange: bytes from an Input to the other Stream, as its body's framing allows.
//
// A state machine of the session, never suspends: step() until Blocked, then the session sleeps. Holds one
// block at most, and reads on only when all it read before is sent: that is the back-pressure. Blocks grow
// once a body proves long. The head goes out with the first body bytes in one piece.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "winrmlb/core/result.h"
#include "winrmlb/http/body.h"
#include "winrmlb/net/input.h"
#include "winrmlb/net/stream.h"

namespace winrmlb::proxy {

class Pump {
 public:
  enum class Step : std::uint8_t {
    Moved,         // made progress: step again
    Blocked,       // waits for the source or the sink; an Io signal will come
    Done,          // head and body are sent
    SourceEnded,   // the source ended before the body did
    SourceFailed,  // the source was reset
    SinkFailed,    // the sink takes nothing more
    BadBody,       // broken chunking or too long: error()
  };

  /// The first `head_bytes` of the input are sent as they are, then `body`.
  void start(std::size_t head_bytes, http::BodyReader body) noexcept;
  /// What is sent is appended to `copy` as well, which must live as long; not more than `most` bytes of it.
  void keep_copy(std::string* copy, std::size_t most) noexcept {
    copy_ = copy;
    copy_most_ = most;
  }
  /// Besides the limit that the body came with.
  void limit_body(std::uint64_t most) noexcept { body_.limit_to(most); }
  /// Nothing more is sent of this message (its sink is gone).
  void abandon() noexcept { abandoned_ = true; }

  Step step(net::Input& input, net::Stream& source, net::Stream& sink);

  bool finished() const noexcept { return abandoned_ || (ready_ == 0 && body_.done()); }
  bool abandoned() const noexcept { return abandoned_; }
  /// Of what has come, so much may be sent; right after start() that is the head.
  std::size_t ready() const noexcept { return ready_; }
  bool waits_for_sink() const noexcept { return ready_ != 0; }
  std::uint64_t bytes() const noexcept { return bytes_; }  // sent, head included
  const http::BodyReader& body() const noexcept { return body_; }
  const Error& error() const noexcept { return *error_; }

 private:
  net::BlockSize block_size() const noexcept;

  std::size_t ready_ = 0;  // bytes at the front of the input that may be sent
  http::BodyReader body_;
  std::uint64_t bytes_ = 0;
  std::string* copy_ = nullptr;
  std::size_t copy_most_ = 0;
  std::uint8_t full_reads_ = 0;  // in a row
  bool abandoned_ = false;
  std::unique_ptr<Error> error_;
};

}  // namespace winrmlb::proxy
