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
