#include "winrmlb/core/address.h"

#include <set>

#include <gtest/gtest.h>

namespace winrmlb {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const auto* text : {"10.0.0.1", "255.255.255.255", "::1", "2001:db8::5"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
  for (const auto* text : {"", "010.0.0.1", "1.2.3", "1.2.3.4 ", "[::1]", "fe80::1%eth0", "host"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, MappedIpv4IsIpv4) {
  EXPECT_EQ(IpAddress::parse("::ffff:10.1.2.3"), IpAddress::parse("10.1.2.3"));
}

TEST(IpAddress, MaskKeepsTheFirstBits) {
  EXPECT_EQ(IpAddress::parse("10.1.2.3")->masked(24).text(), "10.1.2.0");
  EXPECT_EQ(IpAddress::parse("10.1.2.3")->masked(32).text(), "10.1.2.3");
  EXPECT_EQ(IpAddress::parse("10.1.2.255")->masked(31).text(), "10.1.2.254");
  EXPECT_EQ(IpAddress::parse("2001:db8:1:2::5")->masked(64).text(), "2001:db8:1:2::");
  EXPECT_EQ(IpAddress::parse("10.1.2.3")->masked(0).text(), "0.0.0.0");
}

TEST(Prefix, ContainsItsAddressesAndNoOthers) {
  const auto prefix = Prefix::parse("10.1.0.0/16");
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(prefix->contains(*IpAddress::parse("10.1.255.255")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("10.2.0.0")));
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("::1")));
  EXPECT_FALSE(Prefix::parse("10.1.0.1/16")) << "host bits must be zero";
  EXPECT_FALSE(Prefix::parse("10.0.0.0/33"));
  EXPECT_EQ(Prefix::parse("10.0.0.7")->bits, 32);
}

TEST(Prefix, OneOfSeveralIsEnough) {
  const std::vector<Prefix> blocks = {*Prefix::parse("10.0.0.0/8"), *Prefix::parse("192.168.1.1"),
                                      *Prefix::parse("fd00::/8")};
  for (const auto* inside : {"10.255.255.255", "192.168.1.1", "fdff::1"})
    EXPECT_TRUE(any_contains(blocks, *IpAddress::parse(inside))) << inside;
  for (const auto* outside : {"11.0.0.0", "192.168.1.2", "fe00::", "::1"})
    EXPECT_FALSE(any_contains(blocks, *IpAddress::parse(outside))) << outside;
  EXPECT_FALSE(any_contains({}, *IpAddress::parse("10.0.0.1")));
}

TEST(Prefix, EdgesOfItsLengthAreKept) {
  struct Case {
    const char* block;
    const char* inside;
    const char* outside;
  };
  for (const auto& [block, inside, outside] : {
           Case{"10.0.0.0/31", "10.0.0.1", "10.0.0.2"},
           {"10.0.0.0/9", "10.127.255.255", "10.128.0.0"},
           {"128.0.0.0/1", "255.255.255.255", "127.255.255.255"},
           {"0.0.0.0/0", "255.0.0.1", "::2"},
           {"::/0", "fe80::1", "10.0.0.1"},
           {"2001:db8::/127", "2001:db8::1", "2001:db8::2"},
       }) {
    const auto prefix = Prefix::parse(block);
    ASSERT_TRUE(prefix) << block;
    EXPECT_EQ(prefix->text(), block);
    EXPECT_TRUE(prefix->contains(*IpAddress::parse(inside))) << block;
    EXPECT_FALSE(prefix->contains(*IpAddress::parse(outside))) << block;
  }
  for (const auto* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08x", "10.0.0.0/8/8", "::/129", "10.0.0.0/ 8"})
    EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(Endpoint, NeedsBracketsForIpv6) {
  EXPECT_EQ(Endpoint::parse("[::1]:5986")->text(), "[::1]:5986");
  EXPECT_EQ(Endpoint::parse("0.0.0.0:5985")->port, 5985);
  for (const auto* text : {"::1:5986", "5985", "host:1", "1.2.3.4:", "1.2.3.4:65536", "[::1]"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

TEST(ClientAddress, HashIsStableAndSpread) {
  // Another value here would move every client of every deployed pair of balancers.
  EXPECT_EQ(ClientAddress(*IpAddress::parse("10.0.0.1"), 32, 128).hash(),
            ClientAddress(*IpAddress::parse("10.0.0.1"), 32, 128).hash());
  std::set<std::uint64_t> low_bits;
  for (std::uint32_t i = 0; i < 256; ++i) {
    low_bits.insert(ClientAddress(IpAddress::from_v4(0x0a000000 + i), 32, 128).hash() & 0xffff);
  }
  EXPECT_GT(low_bits.size(), 250U);
}

}  // namespace
}  // namespace winrmlb
