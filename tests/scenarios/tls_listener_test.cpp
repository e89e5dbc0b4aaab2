// TLS ends at the listener and begins anew towards the server, which is verified.
#include <atomic>
#include <sys/socket.h>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "support/certificates.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(TlsListener);

// A farm of one TLS server and a TLS listener, each with a certificate of one authority.
class TlsFarm {
 public:
  explicit TlsFarm(std::uint16_t workers, const CertificateWish& server_wish = {},
                   const std::function<void(config::Settings&)>& change = {})
      : authority_({.authority = true}),
        server_certificate_(server_wish, &authority_),
        listener_certificate_({}, &authority_),
        server_tls_(server_context(server_certificate_)),
        server_([this](End& end) {
          if (!end.accept_tls(server_tls_.get())) return;
          while (end.read_request().whole)
            end.send(ok("s1"));
        }),
        balancer_(settings(workers, change)) {}

  const Certificate& authority() const { return authority_; }
  const Certificate& server_certificate() const { return server_certificate_; }
  ScriptedServer& server() { return server_; }
  TestBalancer& balancer() { return balancer_; }

 private:
  config::Settings settings(std::uint16_t workers, const std::function<void(config::Settings&)>& change) {
    auto settings = settings_for({server_.endpoint()}, workers);
    settings.listeners[0].tls =
        config::ListenerTls{.certificate = scratch_.write("lb.pem", listener_certificate_.pem()),
                            .key = scratch_.write("lb.key", listener_certificate_.key_pem())};
    settings.pools[0].server_tls.ca = scratch_.write("ca.pem", authority_.pem());
    if (change) change(settings);
    return settings;
  }

  Scratch scratch_;
  Certificate authority_;
  Certificate server_certificate_;
  Certificate listener_certificate_;
  TlsContextPointer server_tls_;
  ScriptedServer server_;
  TestBalancer balancer_;
};

class TlsClient : public Client {
 public:
  TlsClient(TlsFarm& farm, SSL_CTX* context) : Client(farm.balancer().endpoint()) {
    EXPECT_TRUE(connect_tls(context, "127.0.0.1"));
  }
};

TEST_P(TlsListener, TerminatesAndReEncrypts) {
  TlsFarm farm(workers());
  const auto context = client_context(farm.authority());
  TlsClient client(farm, context.get());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(client.ask(post("hello")).body, "s1");
  EXPECT_EQ(farm.server().connections(), 1U);
}

TEST_P(TlsListener, RelaysLongBodies) {
  TlsFarm farm(workers());
  const auto context = client_context(farm.authority());
  TlsClient client(farm, context.get());
  EXPECT_EQ(client.ask(post(std::string(3'000'000, 'x'))).body, "s1");
  EXPECT_EQ(client.ask(post("hello")).body, "s1");
}

TEST_P(TlsListener, OffersNothingButHttp11) {
  TlsFarm farm(workers());
  const auto context = client_context(farm.authority());
  const unsigned char both[] = "\x02h2\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), both, sizeof both - 1);
  TlsClient client(farm, context.get());
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client.tls(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
}

TEST_P(TlsListener, RefusesPlainHttp) {
  TlsFarm farm(workers());
  Client client(farm.balancer().endpoint());
  client.send(post("hello"));
  EXPECT_EQ(client.read_to_end().find("HTTP/1.1 200"), std::string::npos);
  EXPECT_NE(client.ended(), Ended::TimedOut);
  EXPECT_EQ(farm.server().connections(), 0U);
}

TEST_P(TlsListener, AServerThatIsNotTrustedGivesA502AndALogThatHelps) {
  TlsFarm farm(workers(), {.san = "IP:127.0.0.99"});
  const auto context = client_context(farm.authority());
  TlsClient client(farm, context.get());
  const auto answer = client.ask(post("hello"));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.body.find("SHA-256"), std::string::npos) << "what the client is told is no secret of ours";
  const auto log = farm.balancer().log();
  EXPECT_NE(log.find("s1 ("), std::string::npos) << log;
  EXPECT_NE(log.find(farm.server_certificate().fingerprint()), std::string::npos) << log;
  EXPECT_NE(log.find("verify: none"), std::string::npos) << log;
}

TEST_P(TlsListener, AFingerprintAcceptsThatOneCertificate) {
  const CertificateWish wrong_name{.san = "IP:127.0.0.99"};
  TlsFarm farm(workers(), wrong_name);
  const auto context = client_context(farm.authority());
  auto settings = farm.balancer().settings();
  settings.pools[0].server_tls.fingerprint = farm.server_certificate().fingerprint();
  ASSERT_TRUE(farm.balancer().reload(settings));
  TlsClient client(farm, context.get());
  EXPECT_EQ(client.ask(post("hello")).body, "s1");
}

TEST_P(TlsListener, AServerIsMetAgainWithoutAFullHandshake) {
  Certificate authority({.authority = true});
  Certificate certificate({}, &authority);
  const auto tls = server_context(certificate);
  std::atomic<int> full{0};
  std::atomic<int> resumed{0};
  ScriptedServer server([&](End& end) {
    if (!end.accept_tls(tls.get())) return;
    while (end.read_request().whole) {
      ++(SSL_session_reused(end.tls()) == 1 ? resumed : full);
      end.send(ok("s1"));
    }
  });
  Scratch scratch;
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].tls = config::ListenerTls{.certificate = scratch.write("lb.pem", certificate.pem()),
                                                  .key = scratch.write("lb.key", certificate.key_pem())};
  settings.pools[0].server_tls.ca = scratch.write("ca.pem", authority.pem());
  TestBalancer balancer(settings);
  const auto context = client_context(authority);
  for (int i = 0; i < 5; ++i) {
    Client client(balancer.endpoint());
    ASSERT_TRUE(client.connect_tls(context.get(), "127.0.0.1"));
    EXPECT_EQ(client.ask(post("hello")).body, "s1");
  }
  EXPECT_EQ(full, 1);
  EXPECT_EQ(resumed, 4);
}

TEST_P(TlsListener, AServerCutOffWithinABodyUntilTheCloseIsNotWhole) {
  Certificate authority({.authority = true});
  Certificate certificate({}, &authority);
  const auto tls = server_context(certificate);
  ScriptedServer server([&](End& end) {
    if (!end.accept_tls(tls.get())) return;
    end.read_request();
    end.send("HTTP/1.1 200 OK\r\n\r\nhalf");
    ::shutdown(end.descriptor(), SHUT_RDWR);  // no close_notify: anybody on the way could have done it
  });
  Scratch scratch;
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].tls = config::ListenerTls{.certificate = scratch.write("lb.pem", certificate.pem()),
                                                  .key = scratch.write("lb.key", certificate.key_pem())};
  settings.pools[0].server_tls.ca = scratch.write("ca.pem", authority.pem());
  TestBalancer balancer(settings);
  const auto context = client_context(authority);
  Client client(balancer.endpoint());
  ASSERT_TRUE(client.connect_tls(context.get(), "127.0.0.1"));
  EXPECT_FALSE(client.ask(post("hello")).whole);
}

}  // namespace
}  // namespace winrmlb::scenarios
