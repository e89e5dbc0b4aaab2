#include "winrmlb/winrm/sealed_body.h"

#include <gtest/gtest.h>

namespace winrmlb::winrm {
namespace {

TEST(SealedBody, IsWrittenByteForByteAsWindowsReadsIt) {
  EXPECT_EQ(write_sealed_body(kSpnegoSealed, 1234, {"SIGN", "sealed"}),
            std::string("--Encrypted Boundary\r\n"
                        "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
                        "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=1234\r\n"
                        "--Encrypted Boundary\r\n"
                        "\tContent-Type: application/octet-stream\r\n") +
                std::string("\x04\x00\x00\x00", 4) + "SIGNsealed--Encrypted Boundary--\r\n");
  EXPECT_EQ(sealed_content_type(kKerberosSealed),
            "multipart/encrypted;protocol=\"application/HTTP-Kerberos-session-encrypted\";"
            "boundary=\"Encrypted Boundary\"");
}

TEST(SealedBody, WhatWasWrittenIsRead) {
  const std::string bytes("\0--Encrypted Boundary--\r\n\xff", 26);
  const auto body = write_sealed_body(kSpnegoSealed, 26, {"0123456789abcdef", bytes});
  const auto parts = read_sealed_body(body);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->signature, "0123456789abcdef");
  EXPECT_EQ(parts->bytes, bytes);
}

// Cut anywhere before its end it is none, unless the sealed bytes themselves look like the end.
TEST(SealedBody, CutAnywhereItIsNone) {
  const auto body = write_sealed_body(kSpnegoSealed, 6, {"SIGN", "sealed"});
  for (std::size_t cut = 0; cut + 2 < body.size(); ++cut)
    EXPECT_FALSE(read_sealed_body(std::string_view(body).substr(0, cut))) << cut;
}

TEST(SealedBody, ASignatureLongerThanAllThereIsIsRefused) {
  auto body = write_sealed_body(kSpnegoSealed, 6, {"SIGN", "sealed"});
  const auto length = body.find(std::string_view("\x04\x00\x00\x00", 4));
  body[length] = '\x0a';
  EXPECT_TRUE(read_sealed_body(body));
  body[length] = '\x0b';
  EXPECT_FALSE(read_sealed_body(body));
  body[length + 3] = '\xff';
  EXPECT_FALSE(read_sealed_body(body));
}

}  // namespace
}  // namespace winrmlb::winrm
