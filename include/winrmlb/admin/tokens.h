// Tokens: the secrets that let somebody change things over TCP (RFC 6750).
//
// A file of lines `TOKEN` or `NAME TOKEN`; the names go into the log. Blank lines and those with # do not
// count. Read at start and at each reload; immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/result.h"

namespace winrmlb::admin {

class Tokens {
 public:
  static constexpr std::size_t kShortest = 16;  // characters: what is shorter can be guessed

  Tokens() = default;
  /// Error Config: the file cannot be read, holds no token, or a line is wrong.
  static Result<Tokens> load(const std::string& path);
  static Result<Tokens> parse(std::string_view text, const std::string& path);

  bool empty() const noexcept { return all_.empty(); }
  /// Whose token an Authorization field holds, in a time that says nothing about them.
  std::optional<std::string> name_of(std::string_view authorization) const;

 private:
  struct Token {
    std::string name;
    std::string secret;
  };
  std::vector<Token> all_;
};

}  // namespace winrmlb::admin
