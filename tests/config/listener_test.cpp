// The keys of a listener that say who may come in, and the routes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/config/load.h"

namespace winrmlb::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPools =
    "pools: {p: {servers: {s: {host: 10.0.0.1}}}, q: {servers: {t: {host: 10.0.0.2}}}}\n";

std::string with(const std::string& listener, const std::string& more = "") {
  return "listeners: [{name: in, bind: \"127.0.0.1:5986\", pool: p" + listener + "}]\n" + more + kPools;
}

std::vector<std::string> texts(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> texts;
  for (const auto& mistake : mistakes)
    texts.push_back(mistake.key + ": " + mistake.text);
  return texts;
}
std::vector<std::string> mistakes_of(const std::string& yaml) {
  return texts(load_text(yaml, "lb.yaml").mistakes);
}

TEST(ListenerKeys, AreReadAndWrittenOut) {
  const Scratch scratch;
  const auto pem = scratch.write("a.pem", "");
  const auto loaded = load_text(
      with(
          ", tls: {certificate: " + pem + ", key: " + pem + ", certificates: [{certificate: " + pem +
              ", key: " + pem + "}], client_ca: " + pem + ", crl: " + pem +
              ", client_certificate: request}, proxy_protocol: {mode: required, from: [10.0.0.5]}, "
              "client_address_from: [10.0.0.6], allow: [10.0.0.0/8], deny: [10.66.0.0/16], limits: "
              "{sessions: 100, sessions_per_address: 8, new_per_second: 5, logins_per_minute: 60}, methods: "
              "any, paths: [/wsman, /powershell], schemes: {allow: [negotiate, kerberos], deny: [basic]}",
          "routes:\n  - {listener: in, sni: \"*.example.net\", host: farm, clients: [10.2.0.0/16], path: /p, "
          "resource: Microsoft.Exchange, user: 'FARM\\*', pool: q}\n  - {pool: p}\n"),
      "lb.yaml");
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  const auto& listener = loaded.settings->listeners[0];
  EXPECT_EQ(listener.tls->certificates.size(), 1U);
  EXPECT_EQ(listener.tls->client_certificate, ClientCertificate::Request);
  EXPECT_EQ(listener.proxy_protocol.mode, ProxyProtocolMode::Required);
  EXPECT_EQ(listener.limits.sessions_per_address, 8U);
  EXPECT_THAT(listener.paths, ElementsAre("/wsman", "/powershell"));
  EXPECT_THAT(listener.schemes.allow, ElementsAre(LoginScheme::Negotiate, LoginScheme::Kerberos));
  EXPECT_EQ(loaded.settings->routes[0].user, "FARM\\*");
  const auto written = effective_yaml(*loaded.settings);
  const auto again = load_text(written, "again.yaml");
  ASSERT_TRUE(again.settings) << render(again.mistakes.front()) << written;
  EXPECT_EQ(*again.settings, *loaded.settings) << written;
}

TEST(ListenerKeys, PassthroughNeedsNoCertificateAndTakesNothingThatItCouldNotRead) {
  EXPECT_THAT(mistakes_of(with(", tls: {mode: passthrough}")), IsEmpty());
  EXPECT_THAT(mistakes_of(with(", tls: {mode: passthrough}, schemes: {deny: [basic]}")),
              ElementsAre(HasSubstr("relays what it cannot read")));
  EXPECT_THAT(mistakes_of(with(", tls: {min_version: 1.3}")),
              ElementsAre(HasSubstr("tls.certificate: must be given"), HasSubstr("tls.key: must be given")));
}

TEST(ListenerKeys, TheProxyProtocolIsTakenFromNamedProxiesAlone) {
  EXPECT_THAT(mistakes_of(with(", proxy_protocol: {mode: required}")),
              ElementsAre(HasSubstr("proxy_protocol.from: must name the proxies")));
}

TEST(ListenerKeys, AListOfRevokedCertificatesNeedsTheirAuthority) {
  const Scratch scratch;
  const auto pem = scratch.write("a.pem", "");
  EXPECT_THAT(mistakes_of(with(", tls: {certificate: " + pem + ", key: " + pem + ", crl: " + pem + "}")),
              ElementsAre(HasSubstr("tls.crl: needs the client_ca")));
}

TEST(ListenerKeys, MistakesSayWhatWouldBeRight) {
  EXPECT_THAT(mistakes_of(with(", paths: []")), ElementsAre(HasSubstr("paths: without any path")));
  EXPECT_THAT(mistakes_of(with(", paths: [wsman]")), ElementsAre(HasSubstr("write it like /wsman")));
  EXPECT_THAT(mistakes_of(with(", schemes: {allow: [basic], deny: [basic]}")),
              ElementsAre(HasSubstr("stands both here and in allow")));
  EXPECT_THAT(mistakes_of(with(", schemes: {deny: [digest]}")),
              ElementsAre(HasSubstr("'digest' is not one of basic, ntlm")));
  EXPECT_THAT(
      mistakes_of(with("", "routes: [{pool: r}, {listener: out, pool: q}, {sni: \"a.*\", pool: q}]\n")),
      ElementsAre(HasSubstr("routes[0].pool: there is no pool r"),
                  HasSubstr("routes[1].listener: there is no listener out"),
                  HasSubstr("routes[2].sni: 'a.*' is neither")));
}

TEST(ListenerKeys, ARouteForEverybodyHidesThoseBelow) {
  const auto loaded = load_text(with("", "routes: [{pool: q}, {host: a, pool: p}]\n"), "lb.yaml");
  EXPECT_THAT(texts(loaded.warnings), ElementsAre(HasSubstr("routes[0]: takes everybody")));
}

TEST(ListenerKeys, PathsAndRoutesHaveALimit) {
  const auto paths = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i)
      list += (i == 0 ? "/" : ", /") + std::to_string(i);
    return with(", paths: [" + list + "]");
  };
  EXPECT_THAT(mistakes_of(paths(64)), IsEmpty());
  EXPECT_THAT(mistakes_of(paths(65)), ElementsAre(HasSubstr("64 of these at most")));
  const auto routes = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i)
      list += "  - {pool: q, path: /" + std::to_string(i) + "}\n";
    return with("", "routes:\n" + list);
  };
  EXPECT_THAT(mistakes_of(routes(1000)), IsEmpty());
  EXPECT_THAT(mistakes_of(routes(1001)), ElementsAre(HasSubstr("1000 of these at most")));
}

}  // namespace
}  // namespace winrmlb::config
