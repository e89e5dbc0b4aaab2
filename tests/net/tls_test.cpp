#include "winrmlb/net/tls.h"

#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <string>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include "support/certificates.h"
#include "support/scratch.h"

namespace winrmlb::net {
namespace {

using State = IoResult::State;

// Both ends of a TLS connection, in one thread.
class TlsTest : public ::testing::Test {
 protected:
  TlsTest() : server(poller, server_wakeup), client(poller, client_wakeup) {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
    EXPECT_TRUE(server.adopt(pair[0]));
    EXPECT_TRUE(client.adopt(pair[1]));
  }

  /// Lets events happen until `step` no longer blocks.
  template <typename Step>
  IoResult until_done(Step step) {
    IoResult result = step();
    while (result.state == State::WouldBlock) {
      poller.turn({}, TimePoint(seconds(10)));
      result = step();
    }
    return result;
  }
  IoResult read(Stream& stream, std::string& into) {
    char bytes[1024];
    const auto result = until_done([&] { return stream.read(bytes); });
    if (result.state == State::Ok) into.append(bytes, result.bytes);
    return result;
  }

  std::shared_ptr<const TlsContext> listener(const Certificate& certificate,
                                             config::TlsVersion least = config::TlsVersion::Tls12) {
    auto made = TlsContext::for_listener({.certificate = scratch.write("lb.pem", certificate.pem()),
                                          .key = scratch.write("lb.key", certificate.key_pem()),
                                          .min_version = least});
    EXPECT_TRUE(made) << made.error().detail;
    return *made;
  }
  std::shared_ptr<const TlsContext> towards_servers(config::ServerTls settings) {
    if (settings.ca.empty()) settings.ca = scratch.write("ca.pem", authority.pem());
    auto made = TlsContext::for_servers(settings);
    EXPECT_TRUE(made) << made.error().detail;
    return *made;
  }
  /// The client's end of the handshake.
  IoResult connect(const Certificate& shown, const config::ServerTls& settings = {},
                   const std::string& host = "127.0.0.1") {
    server.start_tls(TlsConnection::accept(listener(shown)));
    client.start_tls(TlsConnection::connect(towards_servers(settings), host));
    const auto result = until_done([this] {
      (void)server.handshake();
      return client.handshake();
    });
    if (result.state == State::Ok) {
      EXPECT_EQ(until_done([this] { return server.handshake(); }).state, State::Ok);
    }
    return result;
  }
  std::string refusal(const Certificate& shown, const config::ServerTls& settings = {},
                      const std::string& host = "127.0.0.1") {
    const auto result = connect(shown, settings, host);
    if (result.state == State::Ok) return "accepted";
    return client.tls()->failure();
  }

  Poller poller;
  Scratch scratch;
  Certificate authority{{.authority = true}};
  Wakeup server_wakeup;
  Wakeup client_wakeup;
  Stream server;
  Stream client;
};

TEST_F(TlsTest, CarriesBytesBothWaysUnderTheNewestVersion) {
  ASSERT_EQ(connect(Certificate({}, &authority)).state, State::Ok);
  EXPECT_EQ(client.tls()->version(), "TLSv1.3");
  std::string got;
  ASSERT_EQ(client.write("hello").bytes, 5U);
  while (got.size() < 5)
    ASSERT_EQ(read(server, got).state, State::Ok);
  EXPECT_EQ(got, "hello");
  server.write("answer");
  got.clear();
  while (got.size() < 6)
    ASSERT_EQ(read(client, got).state, State::Ok);
  EXPECT_EQ(got, "answer");
}

TEST_F(TlsTest, AnEndThatWasSaidIsAnEnd) {
  ASSERT_EQ(connect(Certificate({}, &authority)).state, State::Ok);
  std::string got;
  client.write("last");
  client.finish_sending();
  while (got.size() < 4)
    ASSERT_EQ(read(server, got).state, State::Ok);
  EXPECT_EQ(read(server, got).state, State::End);
  server.write("answer");
  EXPECT_EQ(read(client, got).state, State::Ok) << "a half-close must not stop the other way";
}

TEST_F(TlsTest, AnEndThatWasNotSaidIsACut) {
  ASSERT_EQ(connect(Certificate({}, &authority)).state, State::Ok);
  std::string got;
  client.write("half");
  ::shutdown(client.descriptor(), SHUT_WR);  // anybody on the way could do that
  while (got.size() < 4)
    ASSERT_EQ(read(server, got).state, State::Ok);
  EXPECT_EQ(read(server, got).state, State::Truncated);
}

TEST_F(TlsTest, ExpectsTheNameOfTheServer) {
  const Certificate named({.san = "DNS:ps1.example.com,IP:10.0.0.11"}, &authority);
  EXPECT_EQ(refusal(named, {}, "ps1.example.com"), "accepted");
}
TEST_F(TlsTest, ExpectsTheAddressOfTheServer) {
  EXPECT_EQ(refusal(Certificate({.san = "IP:10.0.0.11"}, &authority), {}, "10.0.0.11"), "accepted");
}
TEST_F(TlsTest, ExpectsTheConfiguredNameInsteadOfTheHost) {
  EXPECT_EQ(refusal(Certificate({.san = "DNS:farm"}, &authority), {.server_name = "farm"}), "accepted");
}

TEST_F(TlsTest, RefusesAWrongNameAndSaysHowToAcceptIt) {
  const Certificate other({.san = "DNS:other"}, &authority);
  const auto text = refusal(other, {}, "ps1");
  EXPECT_NE(text.find("hostname mismatch"), std::string::npos) << text;
  EXPECT_NE(text.find("fingerprint: \"" + other.fingerprint() + "\""), std::string::npos) << text;
  EXPECT_NE(text.find("ca: FILE"), std::string::npos) << text;
  EXPECT_NE(text.find("verify: none"), std::string::npos) << text;
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  const auto text = refusal(Certificate({.starts_in = -7200, .ends_in = -3600}, &authority));
  EXPECT_NE(text.find("expired"), std::string::npos) << text;
}

TEST_F(TlsTest, RefusesASelfSignedCertificate) {
  const auto text = refusal(Certificate({}));
  EXPECT_NE(text.find("self-signed"), std::string::npos) << text;
}

TEST_F(TlsTest, AFingerprintAcceptsItsCertificateHoweverItIsWritten) {
  const Certificate alone({});
  auto written = alone.fingerprint();
  for (auto& c : written)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (std::size_t at = 2; at < written.size(); at += 3)
    written.insert(at, ":");
  EXPECT_EQ(refusal(alone, {.fingerprint = written}), "accepted");
}

TEST_F(TlsTest, AFingerprintRefusesEveryOther) {
  EXPECT_NE(refusal(Certificate({}), {.fingerprint = std::string(64, '0')}), "accepted");
}

TEST_F(TlsTest, VerifyNoneAcceptsAnything) {
  EXPECT_EQ(refusal(Certificate({.ends_in = -1}), {.verify = config::Verify::None}), "accepted");
}

// What an outside client that offers `offered` is told: the protocol, or what OpenSSL says.
std::string alpn_of(const std::shared_ptr<const TlsContext>& context, std::string_view offered) {
  std::array<int, 2> pair{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
  Poller poller;
  Wakeup wakeup;
  Stream stream(poller, wakeup);
  EXPECT_TRUE(stream.adopt(pair[0]));
  stream.start_tls(TlsConnection::accept(context));
  TlsContextPointer outside(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL* ssl = SSL_new(outside.get());
  SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(offered.data()),
                      static_cast<unsigned>(offered.size()));
  SSL_set_fd(ssl, pair[1]);
  IoResult ours;
  int theirs = 0;
  for (int i = 0; i < 20 && theirs != 1; ++i) {
    theirs = SSL_connect(ssl);
    ours = stream.handshake();
    poller.turn({}, {});
  }
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl, &chosen, &length);
  std::string result(reinterpret_cast<const char*>(chosen), length);
  if (ours.state == State::Failed) result = "refused";
  SSL_free(ssl);
  ::close(pair[1]);
  return result;
}

TEST_F(TlsTest, OffersHttp11AndNothingElse) {
  const auto context = listener(Certificate({}, &authority));
  EXPECT_EQ(alpn_of(context, "\x02h2\x08http/1.1"), "http/1.1");
  EXPECT_EQ(alpn_of(context, "\x02h2"), "refused");
}

TEST_F(TlsTest, KeepsToTheLeastVersion) {
  server.start_tls(TlsConnection::accept(listener(Certificate({}, &authority), config::TlsVersion::Tls13)));
  TlsContextPointer old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  SSL* ssl = SSL_new(old.get());
  SSL_set_fd(ssl, client.descriptor());
  (void)SSL_connect(ssl);
  EXPECT_EQ(until_done([this] { return server.handshake(); }).state, State::Failed);
  EXPECT_NE(server.tls()->failure().find("protocol"), std::string::npos) << server.tls()->failure();
  SSL_free(ssl);
}

TEST_F(TlsTest, PlainHttpIsNoHandshake) {
  server.start_tls(TlsConnection::accept(listener(Certificate({}, &authority))));
  client.write("POST /wsman HTTP/1.1\r\nHost: farm\r\n\r\n");
  EXPECT_EQ(until_done([this] { return server.handshake(); }).state, State::Failed);
  EXPECT_NE(server.tls()->failure().find("http request"), std::string::npos) << server.tls()->failure();
}

TEST_F(TlsTest, ContextsNameTheFileThatIsAtFault) {
  const Certificate one({});
  const Certificate other({});
  const auto pem = scratch.write("one.pem", one.pem());
  const auto key = scratch.write("other.key", other.key_pem());
  const auto detail = [](const config::ListenerTls& settings) {
    const auto made = TlsContext::for_listener(settings);
    return made ? std::string("made") : made.error().detail;
  };
  EXPECT_NE(detail({.certificate = "none.pem", .key = key}).find("none.pem"), std::string::npos);
  EXPECT_NE(detail({.certificate = pem, .key = "none.key"}).find("none.key"), std::string::npos);
  EXPECT_NE(detail({.certificate = pem, .key = key}).find("other.key"), std::string::npos)
      << detail({.certificate = pem, .key = key});
}

TEST_F(TlsTest, AnEncryptedKeyIsAnErrorAndNoQuestionAtTheTerminal) {
  const Certificate one({});
  const auto key = scratch.path("encrypted.key");
  std::FILE* file = std::fopen(key.c_str(), "w");
  ASSERT_EQ(PEM_write_PrivateKey(file, one.key(), EVP_aes_256_cbc(),
                                 reinterpret_cast<const unsigned char*>("x"), 1, nullptr, nullptr),
            1);
  std::fclose(file);
  const auto made =
      TlsContext::for_listener({.certificate = scratch.write("one.pem", one.pem()), .key = key});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().detail.find("encrypted.key"), std::string::npos) << made.error().detail;
}

}  // namespace
}  // namespace winrmlb::net
