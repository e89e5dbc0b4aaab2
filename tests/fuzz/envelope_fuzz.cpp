// Envelopes: nothing is read outside them, and how they are cut changes nothing of what is found in them.
//
// The first byte chooses the side and the charset, the second the size of the pieces.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/winrm/envelope.h"

namespace winrmlb::winrm {
namespace {

using State = EnvelopeScanner::State;

EnvelopeScanner scanned(std::string_view body, std::size_t piece, EnvelopeScanner::Side side,
                        Charset charset) {
  EnvelopeScanner scanner(side, charset);
  while (!body.empty()) {
    const auto size = std::min(piece, body.size());
    const std::vector<char> exact(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    const auto state = scanner.feed({exact.data(), exact.size()});
    WINRMLB_CHECK(state == scanner.state());
    body.remove_prefix(size);
  }
  return scanner;
}

void check_same(const EnvelopeScanner& a, const EnvelopeScanner& b) {
  WINRMLB_CHECK(a.state() == b.state());
  WINRMLB_CHECK(a.facts() == b.facts());
  WINRMLB_CHECK(a.resource_uri() == b.resource_uri());
}

void check(std::string_view body, std::size_t piece, EnvelopeScanner::Side side, Charset charset) {
  const auto whole = scanned(body, SIZE_MAX, side, charset);
  check_same(whole, scanned(body, piece, side, charset));
  check_same(whole, scanned(body, 1, side, charset));
  const auto& facts = whole.facts();
  WINRMLB_CHECK((facts.resource == Resource::None) == whole.resource_uri().empty());
  WINRMLB_CHECK(facts.fault == 0 || side == EnvelopeScanner::Side::Response);
  if (whole.state() == State::More) WINRMLB_CHECK(body.size() < EnvelopeScanner::kMostUtf16Bytes);
}

}  // namespace
}  // namespace winrmlb::winrm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace winrmlb::winrm;
  if (size < 2) return 0;
  const auto side = data[0] % 2 == 0 ? EnvelopeScanner::Side::Request : EnvelopeScanner::Side::Response;
  const auto charset = static_cast<Charset>(data[0] / 2 % 3);
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  check(body, std::size_t{data[1]} + 1, side, charset);
  return 0;
}
