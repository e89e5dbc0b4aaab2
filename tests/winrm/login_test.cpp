// What LoginTrace makes of exchanges, by their heads: outcomes, legs, and why a login was refused.
#include "winrmlb/winrm/login.h"

#include <set>

#include <gtest/gtest.h>

#include "tokens_support.h"
#include "winrmlb/core/base64.h"

namespace winrmlb::winrm {
namespace {

constexpr std::string_view kBare = "Negotiate";

// A session with its trace; each line is one exchange.
struct Talk {
  LoginTrace trace;
  Channel channel = Channel::Plain;
  std::string server_host = "ps1.r.test";

  void ask(const std::string& authorization, Payload payload = Payload::Nothing) {
    LoginRequest request;
    request.credentials = read_authorization(authorization);
    request.payload = payload;
    request.channel = channel;
    request.server_host = server_host;
    trace.request(request);
  }
  LoginEvent hear(std::uint16_t status, const std::vector<std::string>& challenges = {},
                  Payload payload = Payload::Nothing) {
    LoginAnswer answer;
    answer.status = status;
    for (const auto& challenge : challenges)
      answer.challenges.add(challenge);
    answer.payload = payload;
    return trace.answer(answer);
  }
};

std::string negotiate(std::string_view token) { return "Negotiate " + std::string(token); }
std::string negotiate_bytes(const std::string& token) { return negotiate(encode_base64(token)); }

void expect_event(const LoginEvent& event, LoginOutcome outcome, Refusal refusal = Refusal::None) {
  EXPECT_EQ(name_of(event.outcome), name_of(outcome));
  EXPECT_EQ(name_of(event.refusal), name_of(refusal));
}

// ---- what happened
// ---------------------------------------------------------------------------------------------------

TEST(LoginTrace, NtlmOnAPlainPortGoesThroughItsLegs) {
  Talk talk;
  talk.ask("");
  EXPECT_FALSE(talk.trace.is_leg());
  expect_event(talk.hear(401, {"Negotiate", "Basic realm=\"WSMAN\""}), LoginOutcome::None);

  talk.ask(negotiate(kNtlmNegotiate));
  EXPECT_TRUE(talk.trace.is_leg());
  EXPECT_TRUE(talk.trace.is_answered_soon());
  expect_event(talk.hear(401, {negotiate(kNtlmChallenge)}), LoginOutcome::Begun);
  EXPECT_TRUE(talk.trace.is_handshaking());
  EXPECT_FALSE(talk.trace.is_leg()) << "between two legs nothing is under way";

  talk.ask(negotiate(kRealNtlmUnbound), Payload::Sealed);
  EXPECT_TRUE(talk.trace.is_leg());
  EXPECT_FALSE(talk.trace.is_answered_soon()) << "it brings a message, which takes its time";
  const auto done = talk.hear(200, {}, Payload::Sealed);
  expect_event(done, LoginOutcome::Succeeded);
  EXPECT_EQ(done.scheme, Scheme::Negotiate);
  EXPECT_TRUE(talk.trace.is_established());

  talk.ask("", Payload::Sealed);
  EXPECT_FALSE(talk.trace.is_leg());
  expect_event(talk.hear(500, {}, Payload::Sealed), LoginOutcome::None);
  EXPECT_TRUE(talk.trace.is_established());
}

TEST(LoginTrace, NtlmWithinSpnegoIsFollowedToo) {
  const std::string type1("NTLMSSP\0\1\0\0\0", 12);
  const std::string type2("NTLMSSP\0\2\0\0\0", 12);
  const auto type3 = *decode_base64(kRealNtlmUnbound);
  Talk talk;
  talk.ask(negotiate_bytes(neg_token_init(type1)));
  EXPECT_TRUE(talk.trace.is_answered_soon());
  expect_event(talk.hear(401, {negotiate_bytes(neg_token_resp("\x01", type2))}), LoginOutcome::Begun);
  talk.ask(negotiate_bytes(neg_token_resp("\x01", type3)));
  const auto failed = talk.hear(401, {"Negotiate"});
  expect_event(failed, LoginOutcome::Failed, Refusal::WrongPassword);
  EXPECT_TRUE(failed.tried_password);
}

TEST(LoginTrace, KerberosIsInAtOnce) {
  Talk talk;
  talk.ask("Kerberos " + std::string(kRealKerberos));
  EXPECT_TRUE(talk.trace.is_leg());
  const auto done = talk.hear(200, {"Kerberos " + encode_base64("\x60\x01x")});
  expect_event(done, LoginOutcome::Succeeded);
  EXPECT_EQ(done.scheme, Scheme::Kerberos);
  EXPECT_EQ(talk.trace.target(), "") << "nobody asks any more";
}

TEST(LoginTrace, CredSspTakesAsManyLegsAsItTakes) {
  Talk talk;
  for (int leg = 0; leg < 5; ++leg) {
    talk.ask("CredSSP FgMBAgAB");
    EXPECT_TRUE(talk.trace.is_leg());
    EXPECT_TRUE(talk.trace.is_answered_soon());
    expect_event(talk.hear(401, {"CredSSP FgMDAHo="}),
                 leg == 0 ? LoginOutcome::Begun : LoginOutcome::Continues);
  }
  talk.ask("CredSSP FgMBAgAB", Payload::Soap);
  expect_event(talk.hear(200, {}, Payload::Soap), LoginOutcome::Succeeded);
}

TEST(LoginTrace, BasicIsALoginPerRequestAndNoHandshake) {
  Talk talk;
  for (int i = 0; i < 2; ++i) {
    talk.ask("Basic dTpw", Payload::Soap);
    EXPECT_FALSE(talk.trace.is_leg());
    expect_event(talk.hear(200, {}, Payload::Soap), LoginOutcome::Succeeded);
    EXPECT_FALSE(talk.trace.is_established());
  }
  talk.ask("Basic dTpw", Payload::Soap);
  expect_event(talk.hear(500, {}, Payload::Soap), LoginOutcome::Succeeded);  // a fault: it was let in
  talk.ask("Basic dTpw", Payload::Soap);
  const auto failed = talk.hear(401, {"Negotiate", "Basic realm=\"WSMAN\""});
  expect_event(failed, LoginOutcome::Failed, Refusal::WrongPassword);
  EXPECT_TRUE(failed.tried_password);
}

TEST(LoginTrace, AnAnswerThatTellsNothingOfTheLoginDecidesNothing) {
  for (const auto status : std::initializer_list<std::uint16_t>{400, 404, 413, 500, 503}) {
    Talk talk;
    talk.ask("Basic dTpw", Payload::Other);
    expect_event(talk.hear(status), LoginOutcome::Undecided);
    talk.ask(negotiate(kRealNtlmUnbound));
    expect_event(talk.hear(status, {}, Payload::Other), LoginOutcome::Undecided);
    EXPECT_FALSE(talk.trace.is_established());
  }
}

TEST(LoginTrace, ACloseOnTheWayIsUndecided) {
  Talk under_way;
  under_way.ask(negotiate(kNtlmNegotiate));
  expect_event(under_way.trace.closed(), LoginOutcome::Undecided);
  EXPECT_FALSE(under_way.trace.is_leg());

  Talk between;
  between.ask(negotiate(kNtlmNegotiate));
  between.hear(401, {negotiate(kNtlmChallenge)});
  const auto event = between.trace.closed();
  expect_event(event, LoginOutcome::Undecided);
  EXPECT_EQ(event.scheme, Scheme::Negotiate);

  Talk idle;
  expect_event(idle.trace.closed(), LoginOutcome::None);
  idle.ask("");
  expect_event(idle.trace.closed(), LoginOutcome::None);
  Talk done;
  done.ask("Kerberos " + std::string(kRealKerberos));
  done.hear(200);
  expect_event(done.trace.closed(), LoginOutcome::None);
}

TEST(LoginTrace, AHandshakeMayStartOver) {
  Talk talk;
  talk.ask(negotiate(kNtlmNegotiate));
  talk.hear(401, {negotiate(kNtlmChallenge)});
  talk.ask(negotiate(kNtlmNegotiate));
  expect_event(talk.hear(401, {negotiate(kNtlmChallenge)}), LoginOutcome::Begun);
  talk.ask("");
  EXPECT_FALSE(talk.trace.is_handshaking()) << "a request without credentials abandons it";
  expect_event(talk.hear(401, {std::string(kBare)}), LoginOutcome::None);
}

TEST(LoginTrace, ALoggedInConnectionMayLogInAgain) {
  Talk talk;
  for (int message = 0; message < 3; ++message) {
    talk.ask(negotiate(kNtlmNegotiate));
    expect_event(talk.hear(401, {negotiate(kNtlmChallenge)}), LoginOutcome::Begun);
    talk.ask(negotiate(kRealNtlmUnbound), Payload::Sealed);
    expect_event(talk.hear(200, {}, Payload::Sealed), LoginOutcome::Succeeded);
  }
}

TEST(LoginTrace, AServerThatAsksAgainHasForgottenTheLogin) {
  Talk talk;
  talk.ask("Kerberos " + std::string(kRealKerberos));
  talk.hear(200);
  talk.ask("", Payload::Sealed);
  expect_event(talk.hear(401, {"Kerberos"}), LoginOutcome::None);
  EXPECT_FALSE(talk.trace.is_established());
}

TEST(LoginTrace, ARejectionInATokenIsAnEndAndNoLeg) {
  Talk talk;
  talk.ask(negotiate(kRealSpnegoKerberos));
  expect_event(talk.hear(401, {negotiate_bytes(neg_token_resp("\x02", ""))}), LoginOutcome::Failed,
               Refusal::KerberosForBalancerName);
  talk.ask(negotiate(kRealNtlmUnbound));
  expect_event(talk.hear(401, {negotiate(kNtlmChallenge)}), LoginOutcome::Failed, Refusal::WrongPassword);
}

TEST(LoginTrace, ABareSchemeIsNoToken) {
  Talk talk;
  talk.ask("Negotiate");
  EXPECT_FALSE(talk.trace.is_leg());
  expect_event(talk.hear(401, {std::string(kBare)}), LoginOutcome::None);
}

TEST(LoginTrace, FitsIntoASession) { EXPECT_LE(sizeof(LoginTrace), 24U); }

// ---- why it was refused
// ----------------------------------------------------------------------------------------------

Refusal after_type3(Channel channel, std::string_view type3, Payload payload) {
  Talk talk;
  talk.channel = channel;
  talk.ask(negotiate(kNtlmNegotiate));
  talk.hear(401, {negotiate(kNtlmChallenge)});
  talk.ask(negotiate(type3), payload);
  const auto event = talk.hear(401, {std::string(kBare)});
  EXPECT_EQ(event.outcome, LoginOutcome::Failed);
  EXPECT_TRUE(event.tried_password);
  return event.refusal;
}

TEST(Refusal, ABoundLoginUnderAnotherCertificateIsAChannelBinding) {
  EXPECT_EQ(after_type3(Channel::Tls, kRealNtlmBound, Payload::Soap), Refusal::ChannelBinding);
  EXPECT_EQ(after_type3(Channel::Tls, kRealNtlmBound, Payload::Nothing), Refusal::ChannelBinding);
}

TEST(Refusal, ALoginThatNoCertificateExplainsIsAWrongPassword) {
  EXPECT_EQ(after_type3(Channel::TlsSameCertificate, kRealNtlmBound, Payload::Soap), Refusal::WrongPassword);
  EXPECT_EQ(after_type3(Channel::Tls, kRealNtlmUnbound, Payload::Soap), Refusal::WrongPassword);
  EXPECT_EQ(after_type3(Channel::Plain, kRealNtlmUnbound, Payload::Sealed), Refusal::WrongPassword);
  EXPECT_EQ(after_type3(Channel::Plain, kRealNtlmUnbound, Payload::Nothing), Refusal::WrongPassword);
}

TEST(Refusal, SoapThatIsNotSealedOnAPlainPortIsToldApart) {
  EXPECT_EQ(after_type3(Channel::Plain, kRealNtlmUnbound, Payload::Soap), Refusal::PlainSoapRefused);

  // Logged in, and then the message is refused: 500 without a fault, or the server forgets the login.
  for (const auto status : std::initializer_list<std::uint16_t>{500, 401}) {
    Talk talk;
    talk.ask("Kerberos " + std::string(kRealKerberos));
    talk.hear(200);
    talk.ask("", Payload::Soap);
    expect_event(talk.hear(status, {}), LoginOutcome::None, Refusal::PlainSoapRefused);
    EXPECT_TRUE(talk.trace.is_established()) << "the login itself is fine";
  }
  Talk at_once;
  at_once.ask("Kerberos " + std::string(kRealKerberos), Payload::Soap);
  expect_event(at_once.hear(500, {}), LoginOutcome::Succeeded, Refusal::PlainSoapRefused);

  // A fault is an answer, not a refusal.
  Talk faulted;
  faulted.ask("Kerberos " + std::string(kRealKerberos));
  faulted.hear(200);
  faulted.ask("", Payload::Soap);
  expect_event(faulted.hear(500, {}, Payload::Soap), LoginOutcome::None);
}

TEST(Refusal, BasicThatIsNotOfferedTriedNoPassword) {
  const auto basic = [](Channel channel, const std::vector<std::string>& challenges) {
    Talk talk;
    talk.channel = channel;
    talk.ask("Basic dTpw", Payload::Soap);
    const auto event = talk.hear(401, challenges);
    EXPECT_EQ(event.tried_password, event.refusal == Refusal::WrongPassword);
    return event.refusal;
  };
  EXPECT_EQ(basic(Channel::Plain, {"Negotiate"}), Refusal::PlainSoapRefused);
  EXPECT_EQ(basic(Channel::Tls, {"Negotiate"}), Refusal::SchemeNotOffered);
  EXPECT_EQ(basic(Channel::Plain, {"Negotiate, Basic realm=\"a, b\", Kerberos"}), Refusal::WrongPassword);
  EXPECT_EQ(basic(Channel::Plain, {}), Refusal::Rejected);
}

TEST(Refusal, ATicketForAnotherNameThanTheServersIsForTheBalancer) {
  Talk talk;
  talk.ask(negotiate(ticket_for("R.TEST", {"HTTP", "farm.r.test"})));
  const auto event = talk.hear(401, {std::string(kBare)});
  expect_event(event, LoginOutcome::Failed, Refusal::KerberosForBalancerName);
  EXPECT_FALSE(event.tried_password);
  EXPECT_EQ(talk.trace.target(), "HTTP/farm.r.test@R.TEST");
  const auto text = explain(event.refusal, talk.trace.target());
  EXPECT_NE(text.find("HTTP/farm.r.test@R.TEST"), std::string::npos) << text;
  EXPECT_NE(text.find("kerberos_hostname_override"), std::string::npos) << text;
}

TEST(Refusal, AnErrorOfKerberosIsAnEndWhateverItsFrame) {
  for (const auto error : {kRealKerberosError, kRealSpnegoError}) {
    Talk talk;
    talk.ask(negotiate(kRealSpnegoKerberos));
    expect_event(talk.hear(401, {negotiate(error)}), LoginOutcome::Failed, Refusal::KerberosForBalancerName);
    EXPECT_EQ(talk.trace.target(), "HTTP/winrm.test@WINRM.TEST");
  }
}

TEST(Refusal, ATicketForTheServersOwnNameHasAnotherReason) {
  const auto own = [](Channel channel, Payload payload, const std::vector<std::string>& challenges) {
    Talk talk;
    talk.channel = channel;
    talk.ask(negotiate(ticket_for("R.TEST", {"HTTP", "PS1.r.test"})), payload);
    return talk.hear(401, challenges).refusal;
  };
  EXPECT_EQ(own(Channel::Plain, Payload::Nothing, {"Negotiate"}), Refusal::Rejected);
  EXPECT_EQ(own(Channel::Plain, Payload::Soap, {"Negotiate"}), Refusal::PlainSoapRefused);
  EXPECT_EQ(own(Channel::Tls, Payload::Soap, {"Negotiate"}), Refusal::ChannelBinding);
  EXPECT_EQ(own(Channel::TlsSameCertificate, Payload::Soap, {"Negotiate"}), Refusal::Rejected);
  const auto skew = kerberos_token(std::string_view("\x03\x00", 2), krb_error("\x25"));
  EXPECT_EQ(own(Channel::Plain, Payload::Nothing, {negotiate_bytes(neg_token_resp("\x01", skew))}),
            Refusal::ClockSkew);
}

TEST(Refusal, TheServerMayBeKnownOnlyAfterTheRequest) {
  const auto refused = [](std::string_view goes_to, Channel channel) {
    Talk talk;
    talk.server_host.clear();
    talk.ask(negotiate(ticket_for("R.TEST", {"HTTP", "ps1.r.test"})));
    talk.trace.goes_to(goes_to, channel);
    return talk.hear(401, {std::string(kBare)}).refusal;
  };
  EXPECT_EQ(refused("ps1.r.test", Channel::Plain), Refusal::Rejected);
  EXPECT_EQ(refused("ps1.r.test", Channel::Tls), Refusal::ChannelBinding);
  EXPECT_EQ(refused("ps2.r.test", Channel::Tls), Refusal::KerberosForBalancerName);
  EXPECT_EQ(refused("", Channel::Plain), Refusal::KerberosForBalancerName);
}

TEST(Refusal, TheTicketOfAnEarlierLoginIsForgotten) {
  Talk talk;
  talk.ask(negotiate(ticket_for("R.TEST", {"HTTP", "farm.r.test"})));
  talk.hear(401, {std::string(kBare)});
  talk.ask(negotiate(kNtlmNegotiate));
  EXPECT_EQ(talk.trace.target(), "");
}

TEST(Refusal, OfOtherSchemesIsWhatTheServerOffers) {
  Talk talk;
  talk.channel = Channel::Tls;
  talk.ask("CredSSP FgMBAgAB");
  expect_event(talk.hear(401, {"Negotiate", "Basic realm=\"x\""}), LoginOutcome::Failed,
               Refusal::SchemeNotOffered);
  talk.ask("CredSSP FgMBAgAB");
  expect_event(talk.hear(401, {"CredSSP"}), LoginOutcome::Failed, Refusal::Rejected);
  talk.ask("NTLM " + std::string(kNtlmNegotiate));
  expect_event(talk.hear(401, {"Negotiate"}), LoginOutcome::Failed, Refusal::SchemeNotOffered);
  for (const auto status : std::initializer_list<std::uint16_t>{401, 403}) {
    talk.ask("http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual", Payload::Soap);
    expect_event(talk.hear(status), LoginOutcome::Failed, Refusal::ClientCertificate);
  }
}

TEST(Refusal, EachSaysInASentenceWhatToChange) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRefusals; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    EXPECT_TRUE(names.insert(name_of(refusal)).second);
    EXPECT_EQ(explain(refusal, "").empty(), refusal == Refusal::None);
    EXPECT_EQ(explain(refusal, "").find("OperationTimeout"), std::string::npos);
  }
  EXPECT_NE(explain(Refusal::ChannelBinding, "").find("same certificate"), std::string::npos);
  EXPECT_NE(explain(Refusal::ChannelBinding, "").find("CbtHardeningLevel"), std::string::npos);
  EXPECT_NE(explain(Refusal::PlainSoapRefused, "").find("AllowUnencrypted"), std::string::npos);
}

TEST(LoginOutcome, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kLoginOutcomes; ++i)
    EXPECT_TRUE(names.insert(name_of(static_cast<LoginOutcome>(i))).second);
}

TEST(Payload, IsToldByItsTypeUnlessThereIsNone) {
  EXPECT_EQ(payload_of("application/soap+xml", Framed::Empty), Payload::Nothing);
  EXPECT_EQ(payload_of("application/soap+xml;charset=UTF-8", Framed::WithBody), Payload::Soap);
  EXPECT_EQ(payload_of("multipart/encrypted;x", Framed::WithBody), Payload::Sealed);
  EXPECT_EQ(payload_of("", Framed::WithBody), Payload::Other);
}

}  // namespace
}  // namespace winrmlb::winrm
