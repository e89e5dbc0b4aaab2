#include "winrmlb/admin/tokens.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "winrmlb/core/text.h"

namespace winrmlb::admin {

namespace {

Error wrong(const std::string& path, const std::string& what) {
  return {ErrorCode::Config, Side::Local, "the tokens of " + path + " cannot be used: " + what};
}

// Takes as long whatever is alike.
bool equals(std::string_view secret, std::string_view given) noexcept {
  unsigned char differs = secret.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    differs = static_cast<unsigned char>(differs | (given[i] ^ secret[i % secret.size()]));
  return differs == 0;
}

}  // namespace

Result<Tokens> Tokens::load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return wrong(path, "it cannot be read");
  return parse(std::string(std::istreambuf_iterator<char>(in), {}), path);
}

Result<Tokens> Tokens::parse(std::string_view text, const std::string& path) {
  Tokens tokens;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const auto split = line.find_first_of(" \t");
    const auto secret = split == std::string_view::npos ? line : trimmed(line.substr(split));
    const auto at = "line " + std::to_string(number);
    if (secret.find_first_of(" \t") != std::string_view::npos)
      return wrong(path, at + " is neither TOKEN nor NAME TOKEN");
    if (secret.size() < kShortest)
      return wrong(path,
                   "the token of " + at + " is shorter than " + std::to_string(kShortest) + " characters");
    tokens.all_.push_back({split == std::string_view::npos ? "of " + at : std::string(line.substr(0, split)),
                           std::string(secret)});
  }
  if (tokens.empty()) return wrong(path, "it holds none");
  return tokens;
}

std::optional<std::string> Tokens::name_of(std::string_view authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!starts_with_ignoring_case(authorization, kScheme)) return std::nullopt;
  const auto given = trimmed(authorization.substr(kScheme.size()));
  std::optional<std::string> found;
  for (const auto& token : all_) {
    if (equals(token.secret, given)) found = token.name;
  }
  return found;
}

}  // namespace winrmlb::admin
