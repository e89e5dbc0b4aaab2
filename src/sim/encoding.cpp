// Base64 (RFC 4648 4) and UTF-16, as soap.h declares them.
#include <array>

#include "winrmlb/sim/soap.h"

namespace winrmlb::sim {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values)
    value = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0U | (point >> 6U));
    put(0x80U | (point & 63U));
  } else if (point < 0x10000) {
    put(0xe0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 63U));
    put(0x80U | (point & 63U));
  } else {
    put(0xf0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 63U));
    put(0x80U | ((point >> 6U) & 63U));
    put(0x80U | (point & 63U));
  }
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8U) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= count ? kAlphabet[(group >> (18U - 6U * k)) & 63U] : '=';
    }
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  static constexpr auto kValues = make_values();
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned have = 0;
  bool padded = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      padded = true;
      continue;
    }
    const auto value = kValues[static_cast<unsigned char>(c)];
    if (value < 0 || padded) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>((bits >> have) & 255U);
    }
  }
  if (have >= 6) return std::nullopt;
  return out;
}

// Strict enough for what this server itself writes: valid UTF-8 in, little-endian with a byte order mark out.
std::string utf16le_from_utf8(std::string_view text) {
  std::string out = "\xff\xfe";
  const auto put = [&](std::uint32_t unit) {
    out += static_cast<char>(unit & 255U);
    out += static_cast<char>(unit >> 8U);
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    std::uint32_t point = lead;
    int more = 0;
    if (lead >= 0xf0) {
      point = lead & 7U;
      more = 3;
    } else if (lead >= 0xe0) {
      point = lead & 15U;
      more = 2;
    } else if (lead >= 0xc0) {
      point = lead & 31U;
      more = 1;
    }
    for (; more > 0 && i < text.size(); --more)
      point = (point << 6U) | (static_cast<unsigned char>(text[i++]) & 63U);
    if (point >= 0x10000) {
      put(0xd800U + ((point - 0x10000U) >> 10U));
      put(0xdc00U + ((point - 0x10000U) & 1023U));
    } else {
      put(point);
    }
  }
  return out;
}

std::string utf8_from_utf16le(std::string_view bytes) {
  std::string out;
  const auto unit = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) |
           static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + 1])) << 8U;
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint32_t point = unit(i);
    if (point >= 0xd800 && point < 0xdc00 && i + 3 < bytes.size() && unit(i + 2) >= 0xdc00 &&
        unit(i + 2) < 0xe000) {
      point = 0x10000U + ((point - 0xd800U) << 10U) + (unit(i + 2) - 0xdc00U);
      i += 2;
    } else if (point >= 0xd800 && point < 0xe000) {
      point = 0xfffd;
    }
    append_utf8(out, point);
  }
  return out;
}

}  // namespace winrmlb::sim
