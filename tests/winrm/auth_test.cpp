#include "winrmlb/winrm/auth.h"

#include <gtest/gtest.h>

#include "tokens_support.h"
#include "winrmlb/core/base64.h"

namespace winrmlb::winrm {
namespace {

TEST(Authorization, SchemeIsReadInAnyCase) {
  struct Case {
    std::string_view value;
    Scheme scheme;
  };
  for (const auto& [value, scheme] : {
           Case{"", Scheme::None},
           {" \t", Scheme::None},
           {"Basic dTpw", Scheme::Basic},
           {"bAsIc dTpw", Scheme::Basic},
           {"NTLM TlRMTVNTUAABAAAA", Scheme::Ntlm},
           {"ntlm TlRMTVNTUAABAAAA", Scheme::Ntlm},
           {"Negotiate YII=", Scheme::Negotiate},
           {"NEGOTIATE\tYII=", Scheme::Negotiate},
           {"Kerberos YII=", Scheme::Kerberos},
           {"CredSSP FgMB", Scheme::CredSsp},
           {"http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual", Scheme::Certificate},
           {"Digest username=\"x\"", Scheme::Other},
           {"Negotiates YII=", Scheme::Other},
           {"http://example.com/", Scheme::Other},
           {"=", Scheme::Other},
       }) {
    EXPECT_EQ(read_authorization(value).scheme, scheme) << value;
    EXPECT_EQ(read_challenge(value).scheme, scheme) << value;
  }
}

TEST(Authorization, SchemesThatLogInAConnectionBind) {
  for (const auto scheme : {Scheme::Ntlm, Scheme::Negotiate, Scheme::Kerberos, Scheme::CredSsp}) {
    EXPECT_TRUE(binds(scheme)) << name_of(scheme);
  }
  for (const auto scheme : {Scheme::None, Scheme::Basic, Scheme::Certificate, Scheme::Other}) {
    EXPECT_FALSE(binds(scheme)) << name_of(scheme);
  }
}

TEST(Authorization, BindingDoesNotHangOnTheBlankAfterTheScheme) {
  for (const auto* value :
       {"Negotiate", "Negotiate=YII=", "Negotiate,YII=", "Negotiate;", "Negotiate\"YII=\""}) {
    EXPECT_TRUE(binds(read_authorization(value).scheme)) << value;
  }
}

TEST(Authorization, TokenIsToldByItsFirstBytes) {
  struct Case {
    std::string_view token;
    Token kind;
  };
  for (const auto& [token, kind] : {
           Case{"", Token::None},
           {"TlRMTVNTUAABAAAAt4II4g==", Token::NtlmNegotiate},
           {"TlRMTVNTUAACAAAA", Token::NtlmChallenge},
           {"TlRMTVNTUAADAAAA", Token::NtlmAuthenticate},
           {"TlRMTVNTUAAEAAAA", Token::Opaque},
           {"TlRMTVNTUAA", Token::Opaque},
           {"YIIGhgYGKwYBBQUC", Token::GssInitial},
           {"YEgGBisGAQUFAg==", Token::GssInitial},
           {"YQ==", Token::Opaque},
           {"oYIB", Token::SpnegoResponse},
           {"oRQwEg==", Token::SpnegoResponse},
           {"oHYw", Token::Opaque},
           {"FgMBAgAB", Token::TlsRecord},
           {"F", Token::Opaque},
           {"::::", Token::Opaque},
       }) {
    for (const std::string scheme : {"Negotiate ", "NTLM ", "Kerberos ", "CredSSP "}) {
      const std::string value = scheme + std::string(token);
      EXPECT_EQ(read_authorization(value).token, kind) << value;
      EXPECT_EQ(read_authorization(value).token_text, token) << value;
    }
  }
}

TEST(Authorization, EveryCutOfATokenIsReadWithoutHarm) {
  const std::string value = "Negotiate TlRMTVNTUAADAAAAGAAYAGoAAABUAFQAggAAAAgACABIAAAAEAAQAFAAAAA=";
  for (std::size_t length = 0; length <= value.size(); ++length) {
    const std::string cut = value.substr(0, length);
    const auto credentials = read_authorization(cut);
    const auto wanted = length == 0 ? Scheme::None : length < 9 ? Scheme::Other : Scheme::Negotiate;
    EXPECT_EQ(credentials.scheme, wanted) << cut;
    EXPECT_EQ(credentials.token == Token::NtlmAuthenticate, length >= 22) << cut;
  }
}

TEST(Challenge, BareSchemeHasNoToken) {
  EXPECT_EQ(read_challenge("Negotiate").token, Token::None);
  EXPECT_EQ(read_challenge("Negotiate, NTLM").token, Token::None);
  EXPECT_EQ(read_challenge("Negotiate oYIB, NTLM").token_text, "oYIB");
  EXPECT_EQ(read_challenge("Basic realm=\"WSMAN\"").scheme, Scheme::Basic);
  EXPECT_EQ(read_challenge("NTLM TlRMTVNTUAACAAAA").token, Token::NtlmChallenge);
}

// Each as scheme and token, in brackets.
std::string challenges_of(std::string_view value) {
  std::string out;
  while (const auto challenge = next_challenge(value))
    out += "[" + std::string(name_of(challenge->scheme)) + " " + std::string(challenge->token_text) + "]";
  return out;
}

TEST(Challenge, SeveralInOneFieldAreReadOneByOne) {
  EXPECT_EQ(challenges_of(""), "");
  EXPECT_EQ(challenges_of(" ,, \t,"), "");
  EXPECT_EQ(challenges_of("Negotiate"), "[negotiate ]");
  EXPECT_EQ(challenges_of("Negotiate, NTLM"), "[negotiate ][ntlm ]");
  EXPECT_EQ(challenges_of("Negotiate oYIB==,NTLM TlRM , Kerberos"),
            "[negotiate oYIB==][ntlm TlRM][kerberos ]");
  EXPECT_EQ(challenges_of("Basic realm=\"WSMAN\", Negotiate"), "[basic realm=\"WSMAN\"][negotiate ]");
  EXPECT_EQ(challenges_of("Basic realm=\"a, Negotiate x\" , charset=\"UTF-8\",CredSSP"),
            "[basic realm=\"a, Negotiate x\"][credssp ]");
  EXPECT_EQ(challenges_of("Digest qop=\"auth\", nonce = \"\\\",Basic\", Basic realm=x"),
            "[other qop=\"auth\"][basic realm=x]");
  EXPECT_EQ(challenges_of("Negotiate YII=, YII="), "[negotiate YII=]");
}

TEST(Challenge, AnOddSpellingInTheFirstPlaceStillBinds) {
  for (const auto* value : {"Negotiate=YII=", ",Negotiate;", "Negotiate\"x\", Basic"}) {
    EXPECT_EQ(read_challenge(value).scheme, Scheme::Negotiate) << value;
  }
}

TEST(Challenge, EveryCutIsReadWithoutHarm) {
  const std::string value = "Basic realm=\"a, \\\"b\" , charset=x, Negotiate oYIB==, NTLM";
  for (std::size_t length = 0; length <= value.size(); ++length) {
    const std::string cut = value.substr(0, length);
    const auto found = challenges_of(cut);
    EXPECT_EQ(found.empty(), length == 0) << cut;
    EXPECT_EQ(found.find("negotiate") != std::string::npos, length >= value.find("Negotiate") + 9) << cut;
  }
}

TEST(UserOf, IsToldBySchemesThatShowIt) {
  EXPECT_EQ(user_of(read_authorization("Basic dXNlcjpwYXNz")), "user");
  EXPECT_EQ(user_of(read_authorization("NTLM " + std::string(kRealNtlmBound))), "VOSS\\automate");
  EXPECT_EQ(user_of(read_authorization("Negotiate " + std::string(kRealNtlmBound))), "VOSS\\automate");
  const auto wrapped = encode_base64(neg_token_resp("\x01", *decode_base64(kRealNtlmBound)));
  EXPECT_EQ(user_of(read_authorization("Negotiate " + wrapped)), "VOSS\\automate");
}

TEST(UserOf, IsNobodyWhereTheNameIsSealed) {
  for (const std::string& value :
       {"Negotiate " + std::string(kRealSpnegoKerberos), "Kerberos " + std::string(kRealKerberos),
        std::string("CredSSP FgMBAgAB"), "CredSSP " + std::string(kRealNtlmBound), std::string("Negotiate"),
        "Bearer " + std::string(kRealNtlmBound), std::string()}) {
    EXPECT_EQ(user_of(read_authorization(value)), std::nullopt) << value.substr(0, 20);
  }
}

TEST(Describe, SaysTheSizeAndNeverTheToken) {
  const std::string token(1240, 'S');
  EXPECT_EQ(describe(read_authorization("Negotiate " + token)), "<negotiate, 1240 bytes>");
  EXPECT_EQ(describe(read_authorization("Basic c2VjcmV0OnNlY3JldA==")), "<basic, 20 bytes>");
  EXPECT_EQ(describe(read_authorization("Bearer hunter2")), "<other, 7 bytes>");
  EXPECT_EQ(describe(read_authorization("hunter2")), "<other>");
  EXPECT_EQ(describe(read_authorization("")), "<none>");
}

TEST(ContentType, SealedIsToldInAnyCaseAndWithAnyParameters) {
  for (const auto* type : {
           "multipart/encrypted",
           "Multipart/Encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted "
           "Boundary\"",
           "multipart/x-multi-encrypted;protocol=\"application/HTTP-CredSSP-session-encrypted\"",
           " MULTIPART/ENCRYPTED \t; x",
       }) {
    EXPECT_TRUE(is_sealed(type)) << type;
    EXPECT_FALSE(is_soap(type)) << type;
  }
  for (const auto* type : {"", ";", "multipart/encrypte", "multipart/encrypted2", "multipart/mixed",
                           "application/soap+xml;protocol=multipart/encrypted"}) {
    EXPECT_FALSE(is_sealed(type)) << type;
  }
}

TEST(ContentType, SoapAndItsCharset) {
  EXPECT_TRUE(is_soap("application/soap+xml;charset=UTF-8"));
  EXPECT_TRUE(is_soap("Application/SOAP+XML"));
  EXPECT_FALSE(is_soap("text/xml"));
  struct Case {
    std::string_view type;
    Charset charset;
  };
  for (const auto& [type, charset] : {
           Case{"application/soap+xml", Charset::Utf8},
           {"application/soap+xml;charset=UTF-8", Charset::Utf8},
           {"application/soap+xml; CHARSET=\"utf-8\"", Charset::Utf8},
           {"application/soap+xml;charset=UTF-16", Charset::Utf16},
           {"application/soap+xml ; a=\"b;charset=utf-8\\\";\" ; charset=utf-16le", Charset::Utf16},
           {"application/soap+xml;charset=latin1", Charset::Other},
           {"application/soap+xml;charset", Charset::Other},
           {"application/soap+xml;charset=\"", Charset::Other},
           {"application/soap+xml;;;", Charset::Utf8},
       }) {
    EXPECT_EQ(charset_of(type), charset) << type;
  }
}

TEST(BasicUser, IsWhatStandsBeforeTheFirstColon) {
  EXPECT_EQ(basic_user("dXNlcjpwYXNz"), "user");                    // user:pass
  EXPECT_EQ(basic_user("dXNlcjpwYTpzcw=="), "user");                // user:pa:ss
  EXPECT_EQ(basic_user("dXNlcjo="), "user");                        // user:
  EXPECT_EQ(basic_user("Vk9TU1xhdXRvbWF0ZTpw"), "VOSS\\automate");  // VOSS\automate:p
  EXPECT_EQ(basic_user("asO8cmdlbjp4"), "j\xc3\xbcrgen");           // jürgen:x
}

TEST(BasicUser, WhatIsNotBase64OrHasNoNameIsNobody) {
  for (const auto* token : {
           "",               // nothing
           "OnBhc3M=",       // :pass
           "dXNlcg==",       // no colon
           "dXNlcjpwYXN",    // cut
           "dXNlcjpwYXNz=",  // one too many
           "dXNlcjo",        // no padding
           "dXNlcj=pwYXNz",  // padding within
           "dXNl=jpw",       //
           "dXNlcj9==",      //
           "dXNlcjp=",       // bits that belong to no byte
           "dXNlcjpwYX==",   // the same
           "dXNl cjpw",      // blank
           "dXNlcjp-_w==",   // the other alphabet
           "====",           //
           "A===",           //
       }) {
    EXPECT_EQ(basic_user(token), std::nullopt) << token;
  }
}

}  // namespace
}  // namespace winrmlb::winrm
