// What Kerberos tokens say in clear (RFC 4120 5.3, 5.5.1, RFC 4178 4.2), whole and cut anywhere.
#include "winrmlb/winrm/kerberos.h"

#include <gtest/gtest.h>

#include "tokens_support.h"
#include "winrmlb/core/base64.h"
#include "winrmlb/winrm/gss.h"

namespace winrmlb::winrm {
namespace {

using namespace std::string_view_literals;

constexpr auto kRequest = "\x01\x00"sv;
constexpr auto kError = "\x03\x00"sv;

std::string target_of(std::string_view token_text) {
  const auto target = kerberos_target(token_text);
  return target ? target->text() : "nothing";
}
std::string target_in(const std::string& token) { return target_of(encode_base64(token)); }

TEST(KerberosTarget, IsReadFromTokensOfARealClient) {
  EXPECT_EQ(target_of(kRealKerberos), "HTTP/winrm.test@WINRM.TEST");
  EXPECT_EQ(target_of(kRealSpnegoKerberos), "HTTP/winrm.test@WINRM.TEST");
  EXPECT_EQ(kerberos_target(kRealKerberos)->host(), "winrm.test");
}

TEST(KerberosTarget, IsFoundInEveryFrame) {
  const auto request = kerberos_token(kRequest, ap_req("R.TEST", {"host", "farm.r.test"}));
  EXPECT_EQ(target_in(request), "host/farm.r.test@R.TEST");
  EXPECT_EQ(target_in(neg_token_init(request)), "host/farm.r.test@R.TEST");
  EXPECT_EQ(target_in(neg_token_resp("\x01", request)), "host/farm.r.test@R.TEST");
}

TEST(KerberosTarget, IsFoundInATokenMuchLongerThanWhatIsLookedAt) {
  const auto request = kerberos_token(kRequest, ap_req("R.TEST", {"HTTP", "farm.r.test"}, 12'000));
  EXPECT_EQ(target_in(request), "HTTP/farm.r.test@R.TEST");
  EXPECT_EQ(target_in(neg_token_init(request)), "HTTP/farm.r.test@R.TEST");
}

// Cut by the one who sent it, the token claims more bytes than there are: then it has no target.
TEST(KerberosTarget, OfATokenCutAnywhereIsNothing) {
  const std::string token = neg_token_init(kerberos_token(kRequest, ap_req("R.TEST", {"HTTP", "farm"})));
  for (std::size_t length = 0; length < token.size(); ++length) {
    EXPECT_EQ(target_in(token.substr(0, length)), "nothing") << length;
  }
}

// Cut by us, what has been read must not depend on what is missing.
TEST(KerberosTarget, OfALongTokenIsWholeOrNothing) {
  for (std::size_t padding = 0; padding <= 2100; padding += 7) {
    const auto token = kerberos_token(kRequest, ap_req("R.TEST", {"HTTP", "farm.r.test"}, 4000));
    const auto padded = der(
        0x60, std::string("\x06\x06\x2b\x06\x01\x05\x05\x02", 8) +
                  der(0xa0, der(0x30, der(0xa0, std::string(padding, 'p')) + der(0xa2, der(0x04, token)))));
    const auto found = target_in(padded);
    EXPECT_TRUE(found == "HTTP/farm.r.test@R.TEST" || found == "nothing") << padding << ": " << found;
    EXPECT_TRUE(found != "nothing" || padding >= 1800) << padding;
  }
}

TEST(KerberosTarget, OfOtherTokensIsNothing) {
  EXPECT_EQ(target_of(""), "nothing");
  EXPECT_EQ(target_of("not base64!"), "nothing");
  EXPECT_EQ(target_of(kRealNtlmBound), "nothing");
  EXPECT_EQ(target_in(neg_token_init(std::string("NTLMSSP\0\1\0\0\0", 12))), "nothing");
  EXPECT_EQ(target_in(kerberos_token(kError, krb_error("\x29"))), "nothing");
  EXPECT_EQ(target_in(kerberos_token("\x04\x00"sv, ap_req("R", {"HTTP", "h"}))), "nothing");
}

TEST(KerberosTarget, NamesThatNoLogShouldShowAreRefused) {
  const auto named = [](const std::string& realm, const std::vector<std::string>& names) {
    return target_of(ticket_for(realm, names));
  };
  EXPECT_EQ(named("R", {"HTTP", "a\nb"}), "nothing");
  EXPECT_EQ(named("R", {"HTTP", "a b"}), "nothing");
  EXPECT_EQ(named(std::string("R\0", 2), {"HTTP", "a"}), "nothing");
  EXPECT_EQ(named("R", {}), "nothing");
  EXPECT_EQ(named("R", {"HTTP", ""}), "nothing");
  EXPECT_EQ(named("", {"HTTP", "a"}), "nothing");
  EXPECT_EQ(named("R", {"HTTP", std::string(255, 'h')}), "HTTP/" + std::string(255, 'h') + "@R");
  EXPECT_EQ(named("R", {"HTTP", std::string(256, 'h')}), "nothing");
  EXPECT_EQ(named("R", {"a", "b", "c", "d"}), "a/b/c/d@R");
  EXPECT_EQ(named("R", {"a", "b", "c", "d", "e"}), "nothing");
}

TEST(KerberosTarget, LengthsBeyondTheTokenAreRefused) {
  for (const std::uint32_t length : {700U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_EQ(target_in(der_long(0x60, "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", length)), "nothing");
    const auto inner = der_long(0x6e, ap_req("R", {"HTTP", "h"}).substr(4), length);
    EXPECT_EQ(target_in(kerberos_token(kRequest, inner)), "nothing") << length;
  }
  EXPECT_EQ(target_in(std::string("\x60\x80\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x00\x00", 15)),
            "nothing");
}

TEST(KerberosTarget, HostIsWhatFollowsTheClass) {
  EXPECT_EQ((KerberosTarget{"HTTP/farm.r.test", "R"}).host(), "farm.r.test");
  EXPECT_EQ((KerberosTarget{"HTTP/farm:5985", "R"}).host(), "farm");
  EXPECT_EQ((KerberosTarget{"HTTP/lb/r.test", "R"}).host(), "lb");
  EXPECT_EQ((KerberosTarget{"krbtgt", "R"}).host(), "");
}

TEST(KerberosError, GivesItsCode) {
  EXPECT_EQ(kerberos_error(encode_base64(kerberos_token(kError, krb_error("\x25")))), 37U);
  EXPECT_EQ(kerberos_error(encode_base64(neg_token_resp("\x01", kerberos_token(kError, krb_error("\x29"))))),
            41U);
  EXPECT_EQ(kerberos_error(encode_base64(kerberos_token(kError, krb_error("\1\2\3\4\5")))), std::nullopt);
  EXPECT_EQ(kerberos_error(encode_base64(neg_token_resp("\x02", kerberos_token(kError, krb_error("\x25"))))),
            37U);
  EXPECT_EQ(kerberos_error(kRealKerberosError), 31U);
  EXPECT_EQ(kerberos_error(kRealSpnegoError), 31U);
  EXPECT_EQ(kerberos_error(kRealKerberos), std::nullopt);
  EXPECT_EQ(kerberos_error(""), std::nullopt);
}

TEST(GssContent, IsToldInEveryFrame) {
  const auto in = [](const std::string& token) { return gss_content(encode_base64(token)); };
  const std::string type1("NTLMSSP\0\1\0\0\0", 12);
  const std::string type2("NTLMSSP\0\2\0\0\0", 12);
  const std::string type3("NTLMSSP\0\3\0\0\0", 12);
  EXPECT_EQ(in(type1), GssContent::NtlmNegotiate);
  EXPECT_EQ(in(neg_token_init(type1)), GssContent::NtlmNegotiate);
  EXPECT_EQ(in(neg_token_resp("\x01", type2)), GssContent::NtlmChallenge);
  EXPECT_EQ(in(neg_token_resp("\x01", type3)), GssContent::NtlmAuthenticate);
  EXPECT_EQ(gss_content(kRealNtlmBound), GssContent::NtlmAuthenticate);
  EXPECT_EQ(gss_content(kRealKerberos), GssContent::KerberosRequest);
  EXPECT_EQ(gss_content(kRealSpnegoKerberos), GssContent::KerberosRequest);
  EXPECT_EQ(in(neg_token_resp("\x00"sv, kerberos_token("\x02\x00"sv, der(0x6f, "x")))),
            GssContent::KerberosResponse);
  EXPECT_EQ(in(neg_token_resp("\x02", "")), GssContent::Rejection);
  EXPECT_EQ(in(neg_token_resp("\x02", type2)), GssContent::Rejection);
  EXPECT_EQ(in(neg_token_resp("\x01", "")), GssContent::Other);
  EXPECT_EQ(in(neg_token_init("NEGOEXTS")), GssContent::Other);
  EXPECT_EQ(in(neg_token_init(neg_token_init(type1))), GssContent::Other) << "SPNEGO does not hold itself";
  EXPECT_EQ(in(std::string("NTLMSSP\0\4\0\0\0", 12)), GssContent::Other);
  EXPECT_EQ(in(std::string("NTLMSSP\0\1\0\0\1", 12)), GssContent::Other);
  EXPECT_EQ(in(std::string("NTLMSSP\0\1", 9)), GssContent::Other);
  EXPECT_EQ(gss_content("FgMBAgAB"), GssContent::Other);
}

TEST(SameHost, TakesAFirstLabelForItsFullName) {
  EXPECT_TRUE(same_host("ps1.r.test", "PS1.R.TEST"));
  EXPECT_TRUE(same_host("ps1", "ps1.r.test"));
  EXPECT_TRUE(same_host("PS1.r.test", "ps1"));
  EXPECT_FALSE(same_host("ps1.r.test", "ps1.other.test"));
  EXPECT_FALSE(same_host("ps1", "ps11.r.test"));
  EXPECT_FALSE(same_host("ps1", "ps2"));
  EXPECT_FALSE(same_host("10", "10.0.0.1")) << "of an address, no part is a name";
  EXPECT_FALSE(same_host("", ""));
}

}  // namespace
}  // namespace winrmlb::winrm
