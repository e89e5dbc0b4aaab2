// Messages at random, the same for a seed on every machine: most of them honest, many bent in a place or two.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

namespace winrmlb::http {

class MessageGenerator {
 public:
  explicit MessageGenerator(std::uint64_t seed) : random_(seed) {}

  std::string request();
  std::string response();

 private:
  // Not std::uniform_int_distribution, whose numbers differ between libraries.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string_view any(std::initializer_list<std::string_view> words) {
    return *(words.begin() + below(words.size()));
  }

  enum class Framing : std::uint8_t { None, Length, Chunked };
  std::string section(Framing& framing, std::size_t& length);
  std::string field_line();
  std::string framing_lines(Framing& framing, std::size_t& length);
  std::string body(Framing framing, std::size_t length);
  std::string chunk_size(std::size_t bytes);
  std::string content(std::size_t bytes);
  void bend(std::string& message);

  std::mt19937_64 random_;
};

}  // namespace winrmlb::http
