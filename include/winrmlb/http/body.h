// BodyReader: tells how many of the next bytes belong to the body of a message, and when it ends.
//
// Pure, a state machine over bytes, no copy: bodies are relayed as framed, so it validates (chunk sizes,
// extensions, trailers; RFC 9112 7.1) and counts, but does not unwrap. Who wants the content of a chunked
// body (the envelope scanner) gets it as views, one at a time, through the optional `content` argument.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "winrmlb/core/result.h"
#include "winrmlb/http/head.h"

namespace winrmlb::http {

class BodyReader {
 public:
  BodyReader() = default;  // Framing::None: done at once
  BodyReader(Framing framing, std::uint64_t content_length, Side side, const Limits& limits) noexcept;

  struct Taken {
    std::size_t bytes = 0;     // of `input`, from its start, belong to this body
    std::string_view content;  // the first run of content bytes within them
  };

  /// Looks at `input`, which starts where the last call's `bytes` ended. Takes as much as it can; with
  /// `Stop::AtContent` it stops after one run of content, so that a scanner sees every byte of it.
  /// Errors: BadRequest or BadResponse for broken chunking, BodyTooLarge; side as given. A declared length
  /// over the limit is refused at the first call, whatever `input` is. After an error every call gives that
  /// error again.
  enum class Stop : std::uint8_t { AtEnd, AtContent };
  Result<Taken> take(std::string_view input, Stop stop = Stop::AtEnd) noexcept;

  /// The connection has ended: fine for UntilClose and for a body that is done, else an error (a short body):
  /// BadRequest of a client, ResetByServer of a server.
  Status finish() noexcept;

  bool done() const noexcept { return state_ == State::Done; }
  Framing framing() const noexcept { return framing_; }
  std::uint64_t content_bytes() const noexcept { return content_bytes_; }  // so far, without chunk framing
  /// Bytes still to come, if declared (Framing::Length); else nothing. Decides block size and splice.
  std::optional<std::uint64_t> declared_left() const noexcept;

  /// Not more than `most` bytes of content, besides the limit that it was made with.
  void limit_to(std::uint64_t most) noexcept { limit_ = limit_ == 0 ? most : std::min(limit_, most); }

  /// Counts `bytes` of content that went past without being looked at (splice). Only Framing::Length.
  void skip(std::uint64_t bytes) noexcept;

 private:
  /// Of the longest field that a trailer section may not hold: transfer-encoding.
  static constexpr std::size_t kNameBytes = 17;

  //            ┌───────────────────── ";" ───────────────────────┐
  //            ▼                                                 │
  //   Size ▶ ExtensionStart ▶ ExtensionName ▶ ValueStart ▶ Value ┤
  //      │                       │                └▶ Quoted ⇄ QuotedPair
  //      │                       │                     └▶ QuotedEnd ┤
  //      └──────── CR ───────────┴───────────── CR ─────────────────┘
  //                ▼
  //             SizeLf ── size > 0 ──▶ Data ▶ DataCr ▶ DataLf ──▶ (Size)
  //                └───── size = 0 ──▶ TrailerStart ── CR ──▶ EndLf ▶ Done
  //                                     ▲ └▶ TrailerName ▶ TrailerValue ▶ TrailerLf ┐
  //                                     └───────────────────────────────────────────┘
  //   from anywhere, at a byte that may not come there: Broken
  enum class State : std::uint8_t {
    Length,
    UntilClose,
    Done,
    Broken,
    // chunked
    Size,
    ExtensionStart,
    ExtensionName,
    ValueStart,
    Value,
    Quoted,
    QuotedPair,
    QuotedEnd,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
  };

  Result<Taken> take_length(std::string_view input) noexcept;
  Result<Taken> take_until_close(std::string_view input) noexcept;
  Result<Taken> take_chunked(std::string_view input, Stop stop) noexcept;
  void step(char c) noexcept;
  void step_size(char c) noexcept;
  void step_extension(char c) noexcept;
  void step_trailer(char c) noexcept;
  void end_size_line() noexcept;
  void end_trailer_name() noexcept;
  bool within_limit(std::uint64_t more) const noexcept;
  void refuse(const char* what) noexcept;
  void refuse_size() noexcept;
  Error error() const;

  State state_ = State::Done;
  Framing framing_ = Framing::None;
  Side side_ = Side::Client;
  std::uint8_t digits_ = 0;       // of the chunk size; 0 again once its chunk has begun
  std::uint8_t name_bytes_ = 0;   // of the trailer field's name; kNameBytes + 1: too long to be forbidden
  bool too_large_ = false;        // why the body is Broken: its size, or its form
  std::uint32_t line_bytes_ = 0;  // of the chunk-size line, or of the trailer section, so far
  std::uint64_t left_ = 0;        // of the length or of the chunk
  std::uint64_t content_bytes_ = 0;
  std::uint64_t limit_ = 0;       // 0: none
  const char* broken_ = nullptr;  // what was wrong; a literal
  std::array<char, kNameBytes> name_{};
};

}  // namespace winrmlb::http
