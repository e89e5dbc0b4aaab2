// Bodies: however they are cut, the same bytes are taken, the same content is shown, the same verdict is
// reached.
//
// The first byte chooses the framing and whether there is a limit, the second the declared length and where
// it is cut.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/http/body.h"

namespace winrmlb::http {
namespace {

struct Outcome {
  bool done = false;
  std::size_t bytes = 0;
  std::string content;
  std::string refusal;
};

// One part of the input; false once nothing more of it will be taken.
bool feed(BodyReader& reader, std::string_view part, Outcome& outcome) {
  const std::vector<char> exact(part.begin(), part.end());
  std::string_view left(exact.data(), exact.size());
  while (!left.empty() && !reader.done()) {
    const auto taken = reader.take(left, BodyReader::Stop::AtContent);
    if (!taken) {
      outcome.refusal = taken.error().detail;
      WINRMLB_CHECK(!outcome.refusal.empty() && !reader.take("0\r\n\r\n"));
      return false;
    }
    WINRMLB_CHECK(taken->bytes > 0 && taken->bytes <= left.size());
    if (!taken->content.empty()) {
      WINRMLB_CHECK(taken->content.data() >= left.data());
      WINRMLB_CHECK(taken->content.data() + taken->content.size() == left.data() + taken->bytes);
    }
    outcome.bytes += taken->bytes;
    outcome.content += taken->content;
    left.remove_prefix(taken->bytes);
  }
  outcome.done = reader.done();
  WINRMLB_CHECK(reader.content_bytes() == outcome.content.size());
  return !outcome.done;
}

Outcome feed_in_parts(BodyReader reader, std::string_view input, std::size_t part_bytes) {
  Outcome outcome;
  outcome.done = reader.done();
  while (!input.empty() && feed(reader, input.substr(0, part_bytes), outcome)) {
    input.remove_prefix(std::min(part_bytes, input.size()));
  }
  return outcome;
}

void check_same(const Outcome& a, const Outcome& b) {
  WINRMLB_CHECK(a.refusal == b.refusal);
  if (!a.refusal.empty()) return;  // how much went past before it depends on the cut
  WINRMLB_CHECK(a.done == b.done && a.bytes == b.bytes && a.content == b.content);
}

void check_body(const BodyReader& reader, std::string_view input, std::size_t part_bytes) {
  const auto whole = feed_in_parts(reader, input, input.size() + 1);
  check_same(whole, feed_in_parts(reader, input, 1));
  check_same(whole, feed_in_parts(reader, input, part_bytes));
  if (whole.refusal.empty() && whole.done) {
    // What a body is does not depend on what follows it, and nothing shorter is that body.
    const auto body = input.substr(0, whole.bytes);
    check_same(whole, feed_in_parts(reader, body, 1));
    if (!body.empty()) WINRMLB_CHECK(!feed_in_parts(reader, body.substr(0, body.size() - 1), 7).done);
  }

  auto at_once = reader;
  const auto taken = at_once.take(input);
  WINRMLB_CHECK(static_cast<bool>(taken) == whole.refusal.empty() || input.empty());
  if (!taken || !whole.refusal.empty()) return;
  WINRMLB_CHECK(taken->bytes == whole.bytes && at_once.done() == whole.done);
  WINRMLB_CHECK(at_once.content_bytes() == whole.content.size());
  WINRMLB_CHECK(std::string_view(whole.content).starts_with(taken->content));
  const bool may_end = at_once.done() || at_once.framing() == Framing::UntilClose;
  WINRMLB_CHECK(static_cast<bool>(at_once.finish()) == may_end);
}

}  // namespace
}  // namespace winrmlb::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace winrmlb;
  using namespace winrmlb::http;
  if (size < 2) return 0;
  constexpr Framing kFramings[] = {Framing::Chunked, Framing::Length, Framing::UntilClose, Framing::None};
  Limits limits;
  limits.body_bytes = (data[0] & 4) != 0 ? 64 : 0;
  const auto side = (data[0] & 8) != 0 ? Side::Server : Side::Client;
  const BodyReader reader(kFramings[data[0] & 3], data[1], side, limits);
  check_body(reader, {reinterpret_cast<const char*>(data) + 2, size - 2}, data[1] % 31 + 2);
  return 0;
}
