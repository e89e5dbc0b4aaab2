#include <gtest/gtest.h>

#include "winrmlb/sim/login.h"

namespace winrmlb::sim {
namespace {

EncryptedBody sample() {
  // The sealed bytes hold what must not be mistaken for the end: a delimiter, CRLF, NUL.
  return {"application/HTTP-SPNEGO-session-encrypted",
          "application/soap+xml;charset=UTF-8",
          1561,
          {std::string("sig\0nature-16byt", 16), std::string("--Encrypted Boundary\r\n\0\r\nsealed", 32)}};
}

TEST(Encrypted, BytesAreLaidOutAsWindowsDoes) {
  EXPECT_EQ(
      write_encrypted({"P", "T", 3, {"ab", "cde"}}),
      std::string("--Encrypted Boundary\r\n\tContent-Type: P\r\n\tOriginalContent: type=T;Length=3\r\n"
                  "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\2\0\0\0abcde"
                  "--Encrypted Boundary--\r\n",
                  sizeof("--Encrypted Boundary\r\n\tContent-Type: P\r\n\tOriginalContent: type=T;Length=3\r\n"
                         "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\2\0\0\0abcde"
                         "--Encrypted Boundary--\r\n") -
                      1));
}

TEST(Encrypted, WhatIsWrittenIsReadAgain) {
  const auto read = read_encrypted(write_encrypted(sample()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->protocol, sample().protocol);
  EXPECT_EQ(read->content_type, sample().content_type);
  EXPECT_EQ(read->clear_bytes, 1561U);
  EXPECT_EQ(read->sealed.signature, sample().sealed.signature);
  EXPECT_EQ(read->sealed.bytes, sample().sealed.bytes);
}

TEST(Encrypted, HeadersWithoutTabAreFine) {
  std::string body = write_encrypted(sample());
  for (auto at = body.find('\t'); at != std::string::npos; at = body.find('\t'))
    body.erase(at, 1);
  EXPECT_TRUE(read_encrypted(body));
}

TEST(Encrypted, CutAnywhereItIsRefused) {
  const std::string body = write_encrypted(sample());
  for (std::size_t length = 0; length + 2 < body.size(); ++length) {
    EXPECT_FALSE(read_encrypted(std::string_view(body).substr(0, length))) << length;
  }
}

TEST(Encrypted, ASignatureLongerThanTheBodyIsRefused) {
  std::string body = write_encrypted(sample());
  const auto at = body.find("octet-stream\r\n") + 14;
  body[at + 3] = '\x7f';
  EXPECT_FALSE(read_encrypted(body));
}

TEST(Users, AreFoundHoweverTheClientWritesThem) {
  const std::vector<User> users{{"CORP", "svc", "a"}, {"", "local", "b"}};
  for (const auto* name : {"CORP\\svc", "corp\\SVC", "svc", "svc@corp", "svc@CORP.EXAMPLE.NET", ".\\svc"}) {
    ASSERT_NE(find_user(users, name), nullptr) << name;
    EXPECT_EQ(full_name(*find_user(users, name)), "CORP\\svc");
  }
  EXPECT_EQ(find_user(users, "OTHER\\svc"), nullptr);
  EXPECT_EQ(find_user(users, "nobody"), nullptr);
  EXPECT_EQ(full_name(*find_user(users, "PS1\\local")), "local");
}

}  // namespace
}  // namespace winrmlb::sim
