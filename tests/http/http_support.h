// What the http tests share: parsing a case in every way in which a network can cut it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "winrmlb/http/body.h"
#include "winrmlb/http/edit.h"
#include "winrmlb/http/head.h"

namespace winrmlb::http {

/// A head as parsed, with its bytes: copied to a block of their exact size, so that a sanitizer sees one step
/// too far.
template <typename Head>
struct Parsed {
  std::vector<char> bytes;
  std::unique_ptr<Fields> fields = std::make_unique<Fields>();
  Result<Head> head = Error{};

  std::string_view text() const { return {bytes.data(), bytes.size()}; }
};

/// Where the head ends; the same whether its bytes come at once, one by one or in two parts cut anywhere.
std::optional<std::size_t> find_every_way(std::string_view message);

/// Finds and parses a request head; nothing cut short may pass for a head.
Parsed<RequestHead> request(std::string_view message, const Limits& limits = {});
Parsed<ResponseHead> response(std::string_view message, Method method = Method::Post,
                              const Limits& limits = {});

/// The refusal of a head, as "code: detail"; "accepted" if there was none.
std::string refusal_of_request(std::string_view message, const Limits& limits = {});
std::string refusal_of_response(std::string_view message, Method method = Method::Post,
                                const Limits& limits = {});

/// What became of a body.
struct BodyOutcome {
  bool done = false;
  std::size_t bytes = 0;  // taken from the start of the input
  std::string content;
  std::string refusal;  // "code: detail"
  friend bool operator==(const BodyOutcome&, const BodyOutcome&) = default;
};
std::ostream& operator<<(std::ostream& out, const BodyOutcome& outcome);

/// Feeds `input` in the given parts, content looked at run by run.
BodyOutcome feed(BodyReader reader, const std::vector<std::string_view>& parts);
/// Feeds `input` whole, byte by byte and cut in two at every offset, and checks that it makes no difference.
BodyOutcome feed_every_way(const BodyReader& reader, std::string_view input);

}  // namespace winrmlb::http
