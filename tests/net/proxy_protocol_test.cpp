#include "winrmlb/net/proxy_protocol.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winrmlb::net {
namespace {

using ::testing::HasSubstr;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string v2(int command, int family, const std::string& rest) {
  std::string header = kSignature;
  header += static_cast<char>(0x20 | command);
  header += static_cast<char>(family);
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 255);
  return header + rest;
}
std::string tcp4(const std::string& more = "") {
  return std::string("\x0a\x01\x02\x03\x0a\x00\x00\x01\xc3\x50\x17\x62", 12) + more;
}

// As a session reads: never more than is asked for, `most` at once. What came to be, and that nothing behind
// the header was touched.
std::string outcome(const std::string& header, std::size_t most = 4096) {
  const std::string stream = header + "POST /wsman HTTP/1.1\r\n";
  std::size_t have = 0;
  for (;;) {
    auto read = read_proxy_header(std::string_view(stream).substr(0, have));
    if (!read) return read.error().detail;
    if (read->needs == 0) {
      EXPECT_EQ(have, header.size());
      return read->client ? read->client->text() : "itself";
    }
    EXPECT_LE(have + read->needs, header.size()) << "bytes behind the header were asked for";
    if (have + read->needs > stream.size()) return "ended";
    have += std::min(read->needs, most);
  }
}

std::string either_way(const std::string& header) {
  const auto whole = outcome(header);
  EXPECT_EQ(outcome(header, 1), whole) << "byte by byte it says something else";
  EXPECT_EQ(outcome(header, 7), whole);
  return whole;
}

TEST(ProxyProtocol, Version1NamesTheClient) {
  EXPECT_EQ(either_way("PROXY TCP4 10.1.2.3 10.0.0.1 50000 5986\r\n"), "10.1.2.3:50000");
  EXPECT_EQ(either_way("PROXY TCP6 2001:db8::1 ::1 1 5986\r\n"), "[2001:db8::1]:1");
  EXPECT_EQ(either_way("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
            "255.255.255.255:65535");
}

TEST(ProxyProtocol, Version1MaySpeakForTheProxyItself) {
  EXPECT_EQ(either_way("PROXY UNKNOWN\r\n"), "itself");
  EXPECT_EQ(either_way("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"), "itself");
}

TEST(ProxyProtocol, Version2NamesTheClient) {
  EXPECT_EQ(either_way(v2(1, 0x11, tcp4())), "10.1.2.3:50000");
  EXPECT_EQ(either_way(v2(1, 0x11, tcp4(std::string("\x04\x00\x03xyz\x20\x00\x00", 9)))), "10.1.2.3:50000");
  std::string six(36, '\0');
  six[0] = 0x20;
  six[1] = 0x01;
  six[15] = 7;
  six[33] = 9;
  EXPECT_EQ(either_way(v2(1, 0x21, six)), "[2001::7]:9");
}

TEST(ProxyProtocol, Version2MaySpeakForTheProxyItself) {
  EXPECT_EQ(either_way(v2(0, 0x00, "")), "itself");
  EXPECT_EQ(either_way(v2(0, 0x11, tcp4())), "itself") << "LOCAL, whatever addresses it gives";
  EXPECT_EQ(either_way(v2(1, 0x00, "anything")), "itself");
}

TEST(ProxyProtocol, WhatIsNoHeaderIsRefusedAtItsFirstWrongByte) {
  for (const std::string begin :
       {"POST /wsman HTTP/1.1\r\n", "\x16\x03\x01", "PROXY\tTCP4", "proxy TCP4 ", "\r\n\r\nx", "PROXX"}) {
    std::size_t have = 0;
    while (have < begin.size() && read_proxy_header(std::string_view(begin).substr(0, have)))
      ++have;
    EXPECT_FALSE(read_proxy_header(std::string_view(begin).substr(0, have))) << begin;
  }
}

TEST(ProxyProtocol, Version1IsTakenStrictly) {
  for (const auto* line :
       {"PROXY TCP4 10.1.2.3 10.0.0.1 50000\r\n", "PROXY TCP4 10.1.2.3 10.0.0.1 50000 5986 1\r\n",
        "PROXY TCP4  10.1.2.3 10.0.0.1 50000 5986\r\n", "PROXY TCP4 10.1.2.3 10.0.0.1 50000 65536\r\n",
        "PROXY TCP4 10.1.2.3 10.0.0.1 050000 5986\r\n", "PROXY TCP4 010.1.2.3 10.0.0.1 1 5986\r\n",
        "PROXY TCP4 2001:db8::1 ::1 1 5986\r\n", "PROXY TCP6 10.1.2.3 10.0.0.1 1 5986\r\n",
        "PROXY TCP5 10.1.2.3 10.0.0.1 1 5986\r\n", "PROXY TCP4 10.1.2.3 10.0.0.1 -1 5986\r\n",
        "PROXY TCP4 10.1.2.3 10.0.0.1 50000 5986 \r\n"}) {
    EXPECT_THAT(outcome(line), HasSubstr("PROXY protocol: ")) << line;
    EXPECT_THAT(outcome(line, 1), HasSubstr("PROXY protocol: ")) << line;
  }
  EXPECT_FALSE(
      read_proxy_header("PROXY TCP4 10.1.2.3\n"
                        "10.0.0.1 1 1\rx"));
}

TEST(ProxyProtocol, Version2IsTakenStrictly) {
  EXPECT_THAT(outcome(v2(2, 0x11, tcp4())), HasSubstr("neither LOCAL nor PROXY"));
  EXPECT_THAT(outcome(v2(1, 0x12, tcp4())), HasSubstr("carries no TCP")) << "UDP";
  EXPECT_THAT(outcome(v2(1, 0x31, std::string(216, 'x'))), HasSubstr("carries no TCP")) << "UNIX";
  EXPECT_THAT(outcome(v2(1, 0x11, tcp4().substr(1))), HasSubstr("too short"));
  EXPECT_THAT(outcome(v2(1, 0x21, tcp4())), HasSubstr("too short"));
  EXPECT_THAT(outcome(v2(1, 0x11, tcp4("xy"))), HasSubstr("do not add up"));
  EXPECT_THAT(outcome(v2(1, 0x11, tcp4(std::string("\x04\x00\x04xyz", 6)))), HasSubstr("do not add up"));
  auto version_3 = v2(1, 0x11, tcp4());
  version_3[12] = 0x31;
  EXPECT_THAT(outcome(version_3), HasSubstr("not of version 2"));
}

TEST(ProxyProtocol, LengthsHaveLimits) {
  const std::string start = "PROXY UNKNOWN ";
  EXPECT_EQ(outcome(start + std::string(kProxyHeaderV1Bytes - 2 - start.size(), 'x') + "\r\n"), "itself");
  EXPECT_THAT(outcome(start + std::string(kProxyHeaderV1Bytes - 1 - start.size(), 'x') + "\r\n"),
              HasSubstr("too long"));
  EXPECT_EQ(outcome(v2(0, 0, std::string(kProxyHeaderV2Bytes - 16, 'x'))), "itself");
  EXPECT_THAT(outcome(v2(0, 0, std::string(kProxyHeaderV2Bytes - 15, 'x'))), HasSubstr("limit"));
}

}  // namespace
}  // namespace winrmlb::net
