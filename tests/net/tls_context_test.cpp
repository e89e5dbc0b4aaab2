// What listeners' contexts agree on with clients: certificates by name and kind of key, clients'
// certificates, resumption. OpenSSL speaks for both ends, within memory.
#include <functional>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/certificates.h"
#include "support/scratch.h"
#include "winrmlb/net/tls.h"

namespace winrmlb::net {
namespace {

using ::testing::HasSubstr;
using SessionPointer = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

// One connection between an outside client and a listener's context.
class Meeting {
 public:
  Meeting(const TlsContext& listener, SSL_CTX* client, const std::function<void(SSL*)>& prepare = {})
      : server_(SSL_new(listener.native()), SSL_free), client_(SSL_new(client), SSL_free) {
    BIO* here = nullptr;
    BIO* there = nullptr;
    BIO_new_bio_pair(&here, 0, &there, 0);
    SSL_set_bio(server_.get(), here, here);
    SSL_set_bio(client_.get(), there, there);
    SSL_set_accept_state(server_.get());
    SSL_set_connect_state(client_.get());
    if (prepare) prepare(client_.get());
    int ours = 0;
    int theirs = 0;
    for (int i = 0; i < 20 && (ours != 1 || theirs != 1); ++i) {
      theirs = SSL_do_handshake(client_.get());
      ours = SSL_do_handshake(server_.get());
    }
    met_ = ours == 1 && theirs == 1;
    char byte = 0;
    if (met_) (void)SSL_read(client_.get(), &byte, 1);  // takes the tickets
    if (met_) met_ = SSL_write(client_.get(), "x", 1) == 1 && SSL_read(server_.get(), &byte, 1) == 1;
  }

  bool met() const noexcept { return met_; }
  bool resumed() const noexcept { return SSL_session_reused(client_.get()) == 1; }
  /// The SHA-256 of the certificate that the client saw.
  std::string seen() const {
    X509* certificate = SSL_get0_peer_certificate(client_.get());
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!certificate || X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return "none";
    std::string text;
    char pair[3];
    for (unsigned i = 0; i < length; ++i) {
      std::snprintf(pair, sizeof pair, "%02x", digest[i]);
      text += pair;
    }
    return text;
  }
  SessionPointer session() const { return {SSL_get1_session(client_.get()), SSL_SESSION_free}; }
  SSL* client() const { return client_.get(); }
  SSL* server() const { return server_.get(); }
  std::string verdict_on_client() const {
    return X509_verify_cert_error_string(SSL_get_verify_result(server_.get()));
  }

 private:
  std::unique_ptr<SSL, decltype(&SSL_free)> server_;
  std::unique_ptr<SSL, decltype(&SSL_free)> client_;
  bool met_ = false;
};

TlsContextPointer anybody() { return {SSL_CTX_new(TLS_client_method()), SSL_CTX_free}; }

TlsContextPointer someone(const Certificate& certificate) {
  auto context = anybody();
  SSL_CTX_use_certificate(context.get(), certificate.x509());
  SSL_CTX_use_PrivateKey(context.get(), certificate.key());
  return context;
}

std::function<void(SSL*)> asks_for(const char* name) {
  return [name](SSL* ssl) { SSL_set_tlsext_host_name(ssl, name); };
}
// RSA signatures alone, as clients without elliptic curves in certificates send.
std::function<void(SSL*)> asks_for_rsa(const char* name) {
  return [name](SSL* ssl) {
    SSL_set_tlsext_host_name(ssl, name);
    SSL_set1_sigalgs_list(ssl, "RSA-PSS+SHA256:RSA+SHA256");
  };
}

class TlsContexts : public ::testing::Test {
 protected:
  config::CertificateFiles files(const std::string& name, const Certificate& certificate) const {
    return {scratch.write(name + ".pem", certificate.pem()),
            scratch.write(name + ".key", certificate.key_pem())};
  }
  config::ListenerTls with(const Certificate& certificate) const {
    const auto written = files("first", certificate);
    return {.certificate = written.certificate, .key = written.key};
  }
  static std::shared_ptr<const TlsContext> made(const config::ListenerTls& settings) {
    auto context = TlsContext::for_listener(settings);
    EXPECT_TRUE(context) << context.error().detail;
    return *context;
  }

  Scratch scratch;
  Certificate authority{{.authority = true}};
};

TEST_F(TlsContexts, TheNameThatAClientAsksForChoosesTheCertificate) {
  const Certificate first({.san = "DNS:a.example.net"}, &authority);
  const Certificate other({.san = "DNS:b.example.net"}, &authority);
  const Certificate wild({.san = "DNS:*.example.org"}, &authority);
  auto settings = with(first);
  settings.certificates = {files("other", other), files("wild", wild)};
  const auto context = made(settings);
  const auto client = anybody();
  EXPECT_EQ(Meeting(*context, client.get(), asks_for("a.example.net")).seen(), first.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get(), asks_for("B.example.NET")).seen(), other.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get(), asks_for("x.example.org")).seen(), wild.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get(), asks_for("unknown")).seen(), first.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get()).seen(), first.fingerprint());
}

TEST_F(TlsContexts, RsaAndEllipticCurvesForOneName) {
  const Certificate curve({.san = "DNS:a"}, &authority);
  const Certificate rsa({.san = "DNS:a", .rsa = true}, &authority);
  const Certificate other_curve({.san = "DNS:b"}, &authority);
  const Certificate other_rsa({.san = "DNS:b", .rsa = true}, &authority);
  auto settings = with(curve);
  settings.certificates = {files("rsa", rsa), files("oc", other_curve), files("or", other_rsa)};
  const auto context = made(settings);
  const auto client = anybody();
  EXPECT_EQ(Meeting(*context, client.get(), asks_for("a")).seen(), curve.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get(), asks_for_rsa("a")).seen(), rsa.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get(), asks_for("b")).seen(), other_curve.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get(), asks_for_rsa("b")).seen(), other_rsa.fingerprint());
  EXPECT_EQ(Meeting(*context, client.get(), asks_for_rsa("unknown")).seen(), rsa.fingerprint());
}

TEST_F(TlsContexts, AClientMustShowACertificateOfTheAuthority) {
  const Certificate strangers({.authority = true});
  auto settings = with(Certificate({}, &authority));
  settings.client_ca = scratch.write("ca.pem", authority.pem());
  const auto context = made(settings);
  EXPECT_TRUE(Meeting(*context, someone(Certificate({}, &authority)).get()).met());
  EXPECT_FALSE(Meeting(*context, anybody().get()).met());
  EXPECT_FALSE(Meeting(*context, someone(Certificate({}, &strangers)).get()).met());
  EXPECT_FALSE(Meeting(*context, someone(Certificate({.ends_in = -10}, &authority)).get()).met());
}

TEST_F(TlsContexts, ARequestedCertificateMayBeMissingButNotWrong) {
  const Certificate strangers({.authority = true});
  auto settings = with(Certificate({}, &authority));
  settings.client_ca = scratch.write("ca.pem", authority.pem());
  settings.client_certificate = config::ClientCertificate::Request;
  const auto context = made(settings);
  EXPECT_TRUE(Meeting(*context, anybody().get()).met());
  EXPECT_TRUE(Meeting(*context, someone(Certificate({}, &authority)).get()).met());
  EXPECT_FALSE(Meeting(*context, someone(Certificate({}, &strangers)).get()).met());
}

TEST_F(TlsContexts, ARevokedCertificateIsRefused) {
  const Certificate good({}, &authority);
  const Certificate revoked({}, &authority);
  auto settings = with(Certificate({}, &authority));
  settings.client_ca = scratch.write("ca.pem", authority.pem());
  settings.crl = scratch.write("ca.crl", authority.crl_pem(&revoked));
  const auto context = made(settings);
  EXPECT_TRUE(Meeting(*context, someone(good).get()).met());
  const Meeting refused(*context, someone(revoked).get());
  EXPECT_FALSE(refused.met());
  EXPECT_THAT(refused.verdict_on_client(), HasSubstr("revoked"));
}

TEST_F(TlsContexts, AClientComesBackWithoutAFullHandshakeAndNotToAnotherContext) {
  auto settings = with(Certificate({}, &authority));
  for (const auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = made(settings);
    const auto client = anybody();
    SSL_CTX_set_max_proto_version(client.get(), version);
    const Meeting first(*context, client.get());
    ASSERT_TRUE(first.met());
    const auto session = first.session();
    const auto resume = [&](SSL* ssl) { SSL_set_session(ssl, session.get()); };
    EXPECT_TRUE(Meeting(*context, client.get(), resume).resumed()) << version;
    const Meeting elsewhere(*made(settings), client.get(), resume);
    EXPECT_TRUE(elsewhere.met());
    EXPECT_FALSE(elsewhere.resumed()) << "a ticket outlived the context, and with it what was revoked since";
  }
}

TEST_F(TlsContexts, NoEarlyDataAndNoRenegotiation) {
  const auto context = made(with(Certificate({}, &authority)));
  const auto client = anybody();
  const Meeting first(*context, client.get());
  ASSERT_TRUE(first.met());
  EXPECT_EQ(SSL_SESSION_get_max_early_data(first.session().get()), 0U);
  SSL_CTX_set_max_proto_version(client.get(), TLS1_2_VERSION);
  const Meeting older(*context, client.get());
  ASSERT_TRUE(older.met());
  SSL_renegotiate(older.client());
  (void)SSL_do_handshake(older.client());
  char byte = 0;
  (void)SSL_read(older.server(), &byte, 1);
  EXPECT_NE(SSL_do_handshake(older.client()), 1);
  EXPECT_FALSE(SSL_renegotiate_pending(older.server()));
}

TEST_F(TlsContexts, SayWhatTheyShowAndWhatTheyWereMadeOf) {
  const Certificate first({.san = "DNS:a.example.net,IP:10.0.0.1", .ends_in = 86400}, &authority);
  auto settings = with(first);
  settings.client_ca = scratch.write("ca.pem", authority.pem());
  const auto context = made(settings);
  ASSERT_EQ(context->certificates().size(), 1U);
  const auto& shown = context->certificates().front();
  EXPECT_EQ(shown.names, "a.example.net, 10.0.0.1");
  EXPECT_EQ(shown.sha256, first.fingerprint());
  const auto left = shown.ends - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::hours(23));
  EXPECT_LE(left, std::chrono::hours(24));
  ASSERT_EQ(context->files().size(), 3U);
  for (const auto& file : context->files())
    EXPECT_EQ(file, stamp_of(file.path));
  scratch.write("ca.pem", authority.pem() + "\n");
  EXPECT_NE(context->files().back(), stamp_of(settings.client_ca));
}

TEST_F(TlsContexts, NameTheFileThatIsAtFault) {
  const auto detail = [](const config::ListenerTls& settings) {
    const auto made = TlsContext::for_listener(settings);
    return made ? std::string("made") : made.error().detail;
  };
  auto settings = with(Certificate({}, &authority));
  settings.certificates = {{.certificate = "other.pem", .key = "other.key"}};
  EXPECT_THAT(detail(settings), HasSubstr("other.pem"));
  settings.certificates.clear();
  settings.client_ca = scratch.write("no-ca.pem", "nothing");
  EXPECT_THAT(detail(settings), HasSubstr("no-ca.pem"));
  settings.client_ca = scratch.write("ca.pem", authority.pem());
  settings.crl = scratch.write("no.crl", "nothing");
  EXPECT_THAT(detail(settings), HasSubstr("no.crl"));
  const Certificate one({});
  const auto files_of_one = files("one", one);
  const auto servers = TlsContext::for_servers(
      {.certificate = files_of_one.certificate, .key = scratch.write("x.key", Certificate({}).key_pem())});
  ASSERT_FALSE(servers);
  EXPECT_THAT(servers.error().detail, HasSubstr("x.key"));
}

}  // namespace
}  // namespace winrmlb::net
