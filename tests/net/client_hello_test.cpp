#include "winrmlb/net/client_hello.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace winrmlb::net {
namespace {

using ::testing::HasSubstr;

// What OpenSSL says first.
std::string hello_of(const char* name, const std::string& protocols = "", int most = TLS1_3_VERSION) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), most);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
  if (name) SSL_set_tlsext_host_name(ssl.get(), name);
  if (!protocols.empty()) {
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
  }
  SSL_set_connect_state(ssl.get());
  (void)SSL_do_handshake(ssl.get());
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(out, &data);
  return {data, static_cast<std::size_t>(bytes)};
}

// The same message in records of `most` bytes each.
std::string in_records(const std::string& hello, std::size_t most) {
  std::string out;
  for (std::size_t at = 5; at < hello.size(); at += most) {
    const auto piece = hello.substr(at, most);
    out += hello.substr(0, 3);
    out += static_cast<char>(piece.size() >> 8);
    out += static_cast<char>(piece.size() & 255);
    out += piece;
  }
  return out;
}

TEST(ClientHello, NamesWhatTheClientAsksFor) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto hello = read_client_hello(hello_of("PS1.example.net", "\x02h2\x08http/1.1", version));
    ASSERT_TRUE(hello) << hello.error().detail;
    EXPECT_TRUE(hello->whole);
    EXPECT_EQ(hello->server_name, "ps1.example.net");
    EXPECT_EQ(hello->protocols, "h2, http/1.1");
  }
  const auto silent = read_client_hello(hello_of(nullptr));
  ASSERT_TRUE(silent);
  EXPECT_TRUE(silent->whole);
  EXPECT_EQ(silent->server_name, "");
}

TEST(ClientHello, CutAnywhereItNeedsMore) {
  const auto bytes = hello_of("ps1");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto hello = read_client_hello(std::string_view(bytes).substr(0, cut));
    ASSERT_TRUE(hello) << cut << ": " << hello.error().detail;
    EXPECT_FALSE(hello->whole) << cut;
  }
}

TEST(ClientHello, MayBeSpreadOverRecords) {
  for (const std::size_t most : {1U, 3U, 50U, 200U}) {
    const auto hello = read_client_hello(in_records(hello_of("ps1"), most));
    ASSERT_TRUE(hello) << hello.error().detail;
    EXPECT_EQ(hello->server_name, "ps1") << most;
  }
}

TEST(ClientHello, WhatIsNoneIsRefusedAtOnce) {
  for (const std::string bytes : {"P", "POST /wsman HTTP/1.1\r\n", "\x15\x03\x01", "\x16\x02", "SSH-2.0-x"})
    EXPECT_FALSE(read_client_hello(bytes)) << bytes;
  EXPECT_FALSE(read_client_hello(std::string("\x16\x03\x01\x00\x00", 5))) << "an empty record";
  EXPECT_FALSE(read_client_hello(std::string("\x16\x03\x01\x41\x01", 5))) << "a record that is too long";
  EXPECT_FALSE(read_client_hello(std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9))) << "a ServerHello";
}

TEST(ClientHello, EveryChangedByteIsAHelloOrAnErrorAndNeverACrash) {
  const auto bytes = hello_of("ps1", "\x02h2");
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {1, 0x7f, 0xff}) {
      auto changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ change);
      const auto hello = read_client_hello(changed);
      EXPECT_TRUE(!hello || hello->server_name.size() <= 255U);
    }
  }
}

TEST(ClientHello, HasALimit) {
  // A message of `length` bytes that has not come yet.
  const auto announced = [](std::size_t length) {
    std::string bytes("\x16\x03\x01\x40\x00\x01\x00", 7);
    bytes += static_cast<char>(length >> 8);
    bytes += static_cast<char>(length & 255);
    return read_client_hello(bytes);
  };
  EXPECT_TRUE(announced(kClientHelloBytes - 4));
  EXPECT_FALSE(announced(kClientHelloBytes - 3));
  std::string drip;
  while (drip.size() < kClientHelloBytes)
    drip += std::string("\x16\x03\x01\x00\x01", 5) + (drip.empty()       ? '\x01'
                                                      : drip.size() < 20 ? '\0'
                                                                         : '\x10');
  EXPECT_FALSE(read_client_hello(drip));
}

}  // namespace
}  // namespace winrmlb::net
