#include "winrmlb/sim/channel_binding.h"

#include <gtest/gtest.h>

namespace winrmlb::sim {
namespace {

std::string little(std::uint32_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string pair_of(std::uint32_t id, const std::string& value) {
  return little(id, 2) + little(static_cast<std::uint32_t>(value.size()), 2) + value;
}

// An AUTHENTICATE_MESSAGE whose NTLMv2 response has these AvPairs (MS-NLMP 2.2.1.3, 2.2.2.7).
std::string authenticate(const std::string& pairs) {
  const std::string response = std::string(16 + 28, 'x') + pairs;
  std::string message("NTLMSSP\0\3\0\0\0", 12);
  message += std::string(8, '\0');
  const auto length = static_cast<std::uint32_t>(response.size());
  message += little(length, 2) + little(length, 2) + little(64, 4);
  message.resize(64, '\0');
  return message + response;
}

const std::string kToken = "0123456789abcdef";

TEST(NtlmBinding, IsTheAvPairOfTheThirdMessage) {
  const auto binding = ntlm_binding(authenticate(pair_of(1, "NAME") + pair_of(10, kToken) + pair_of(0, "")));
  EXPECT_TRUE(binding.authenticates);
  EXPECT_EQ(binding.token, kToken);
}

TEST(NtlmBinding, IsFoundWithinTheWrappingOfSpnego) {
  EXPECT_EQ(ntlm_binding("\xa1\x81\x20" + authenticate(pair_of(10, kToken) + pair_of(0, ""))).token, kToken);
}

TEST(NtlmBinding, ZerosAreNone) {
  const auto binding = ntlm_binding(authenticate(pair_of(10, std::string(16, '\0')) + pair_of(0, "")));
  EXPECT_TRUE(binding.authenticates);
  EXPECT_FALSE(binding.token);
}

TEST(NtlmBinding, TheFirstMessageSaysNothing) {
  EXPECT_FALSE(ntlm_binding(std::string("NTLMSSP\0\1\0\0\0", 12) + std::string(40, '\0')).authenticates);
  EXPECT_FALSE(ntlm_binding("").authenticates);
}

TEST(NtlmBinding, WhatIsCutShortIsNone) {
  const auto whole = authenticate(pair_of(1, "NAME") + pair_of(10, kToken));
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
    EXPECT_FALSE(ntlm_binding(std::string_view(whole).substr(0, bytes)).token) << bytes;
  auto beyond = whole;
  beyond[24] = '\xff';  // the response begins elsewhere
  beyond[27] = '\x7f';
  EXPECT_FALSE(ntlm_binding(beyond).token);
}

}  // namespace
}  // namespace winrmlb::sim
