#include "winrmlb/proxy/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winrmlb::proxy {
namespace {

using balance::Refusal;
using config::LoginScheme;
using ::testing::HasSubstr;

std::optional<Refusal> scope(std::string_view target, const std::vector<std::string>& paths = {"/wsman"},
                             http::Method method = http::Method::Post,
                             config::Methods methods = config::Methods::Post) {
  config::Listener listener;
  listener.paths = paths;
  listener.methods = methods;
  http::RequestHead head;
  head.method = method;
  head.target = target;
  return out_of_scope(listener, head);
}

TEST(Scope, WsmanPassesHoweverItIsWritten) {
  for (const auto* target : {"/wsman", "/WSMan", "/wsman?PSVersion=5.1", "/wsman/subscriptions/1",
                             "/wsman-anon/identify", "http://farm:5985/wsman", "/wsman/a.b/..c"}) {
    EXPECT_EQ(scope(target), std::nullopt) << target;
  }
}

TEST(Scope, EverythingElseDoesNot) {
  for (const auto* target : {"/", "/powershell", "/x/wsman", "*", "http://lb:5985", "http://lb/powershell",
                             "/wsman/../powershell", "/wsman/..", "/wsman/./x", "/wsman/%2e%2e/powershell",
                             "/wsman%2f..", "/wsman\\..\\x", "/wsman/%252e%252e/x"}) {
    EXPECT_EQ(scope(target), Refusal::Path) << target;
  }
}

TEST(Scope, PostAloneUnlessMoreIsAskedFor) {
  EXPECT_EQ(scope("/wsman", {"/wsman"}, http::Method::Get), Refusal::Method);
  EXPECT_EQ(scope("/wsman", {"/wsman"}, http::Method::Get, config::Methods::Any), std::nullopt);
  EXPECT_EQ(scope("/other", {"/wsman"}, http::Method::Get), Refusal::Path);
}

TEST(Scope, MorePathsMayBeOpened) {
  EXPECT_EQ(scope("/powershell?x", {"/wsman", "/powershell"}), std::nullopt);
  EXPECT_EQ(scope("/anything/../at/all", {"/"}), std::nullopt);
}

TEST(Scope, LoginsPassByTheirNames) {
  using winrm::Scheme;
  const config::Schemes all;
  const config::Schemes no_basic{.deny = {LoginScheme::Basic}};
  const config::Schemes integrated{.allow = {LoginScheme::Negotiate, LoginScheme::Kerberos}};
  EXPECT_TRUE(passes(all, Scheme::Basic));
  EXPECT_TRUE(passes(all, Scheme::Other));
  EXPECT_FALSE(passes(no_basic, Scheme::Basic));
  EXPECT_TRUE(passes(no_basic, Scheme::CredSsp));
  EXPECT_TRUE(passes(integrated, Scheme::Kerberos));
  EXPECT_FALSE(passes(integrated, Scheme::Ntlm));
  EXPECT_FALSE(passes(integrated, Scheme::Other)) << "what has no name is not among the allowed";
  EXPECT_TRUE(passes(integrated, Scheme::None)) << "a request without a login is answered by the server";
}

TEST(Scope, TheRefusedAreOfferedWhatPasses) {
  EXPECT_EQ(offered_challenges({.deny = {LoginScheme::Basic}}),
            "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Kerberos\r\n");
  EXPECT_EQ(offered_challenges({.allow = {LoginScheme::CredSsp}}), "WWW-Authenticate: CredSSP\r\n");
  config::Listener listener;
  listener.schemes.allow = {LoginScheme::Basic};
  EXPECT_EQ(fields_of(ErrorCode::LoginNotAllowed, listener), "WWW-Authenticate: Basic realm=\"WSMAN\"\r\n");
  EXPECT_EQ(fields_of(ErrorCode::MethodNotAllowed, listener), "Allow: POST\r\n");
  EXPECT_EQ(fields_of(ErrorCode::NoServer, listener), "");
}

std::string behind(const char* connection, const std::vector<std::string>& values) {
  const std::vector<Prefix> proxies = {*Prefix::parse("10.0.0.0/24"), *Prefix::parse("fd00::/64")};
  http::Fields fields;
  for (const auto& value : values) {
    fields.storage[fields.count].known = http::FieldName::XForwardedFor;
    fields.storage[fields.count++].value = value;
  }
  const auto client = client_behind(*IpAddress::parse(connection), proxies, fields);
  return client ? client->text() : client.error().detail;
}

TEST(Scope, AProxyNamesItsClient) {
  EXPECT_EQ(behind("10.0.0.5", {"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(behind("10.0.0.5", {}), "10.0.0.5");
  EXPECT_EQ(behind("fd00::5", {"2001:db8::1"}), "2001:db8::1");
  EXPECT_EQ(behind("10.0.0.5", {"192.0.2.1:50000"}), "192.0.2.1");
  EXPECT_EQ(behind("10.0.0.5", {"[2001:db8::1]:50000"}), "2001:db8::1");
  EXPECT_EQ(behind("10.0.0.5", {"[2001:db8::1]"}), "2001:db8::1");
}

TEST(Scope, OnlyWhatProxiesSaidCounts) {
  EXPECT_EQ(behind("192.0.2.9", {"198.51.100.1"}), "192.0.2.9") << "a client may write what it likes";
  EXPECT_EQ(behind("10.0.0.5", {"198.51.100.66, 192.0.2.1"}), "192.0.2.1") << "the client wrote the first";
  EXPECT_EQ(behind("10.0.0.5", {"198.51.100.66", "192.0.2.1, 10.0.0.6"}), "192.0.2.1") << "two proxies";
  EXPECT_EQ(behind("10.0.0.5", {"nonsense, 192.0.2.1"}), "192.0.2.1") << "what the client wrote is not read";
  EXPECT_EQ(behind("10.0.0.5", {"10.0.0.7, 10.0.0.6"}), "10.0.0.7") << "proxies all the way";
}

TEST(Scope, AProxyThatSaysSomethingElseIsRefused) {
  for (const auto* value : {"unknown", "", "192.0.2.1, ", "192.0.2", "for=192.0.2.1"})
    EXPECT_THAT(behind("10.0.0.5", {value}), HasSubstr("no address")) << value;
}

}  // namespace
}  // namespace winrmlb::proxy
