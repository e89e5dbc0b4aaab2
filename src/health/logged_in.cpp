#include "logged_in.h"

#include <atomic>
#include <utility>

#include "winrmlb/core/base64.h"
#include "winrmlb/core/text.h"
#include "winrmlb/net/gss_login.h"
#include "winrmlb/winrm/identify.h"
#include "winrmlb/winrm/remote_shell.h"
#include "winrmlb/winrm/sealed_body.h"

namespace winrmlb::health {

using config::AccountScheme;
using net::GssLogin;

namespace {

constexpr int kMostLegs = 8;
constexpr std::string_view kNothing;  // to say but the login itself

net::GssMechanism mechanism_of(AccountScheme scheme) noexcept {
  switch (scheme) {
    case AccountScheme::Basic:
    case AccountScheme::Negotiate:
      return net::GssMechanism::Negotiate;
    case AccountScheme::Ntlm:
      return net::GssMechanism::Ntlm;
    case AccountScheme::Kerberos:
      return net::GssMechanism::Kerberos;
  }
  return net::GssMechanism::Negotiate;
}

// Windows offers NTLM under Negotiate, and takes it there without SPNEGO around it.
std::string scheme_text(AccountScheme scheme) {
  return scheme == AccountScheme::Kerberos ? "Kerberos" : "Negotiate";
}

std::string_view protocol_of(AccountScheme scheme) noexcept {
  return scheme == AccountScheme::Kerberos ? winrm::kKerberosSealed : winrm::kSpnegoSealed;
}

bool passed(const Finding& finding) noexcept { return finding.evidence == Evidence::Pass; }

}  // namespace

// While `busy`, it is the other thread's but for the last two.
struct LoggedIn::Party {
  net::GssMechanism mechanism;
  GssLogin::Account account;
  GssLogin::Target target;
  std::unique_ptr<GssLogin> login;
  std::string said;
  std::string answer;
  std::string trouble;
  bool done = false;  // set on the control thread
  std::atomic<bool> given_up{false};
  Conversation* waits = nullptr;  // the control thread's

  void work() {
    if (given_up) return;  // it waited its turn for too long
    answer.clear();
    trouble.clear();
    if (!login) {
      auto begun = GssLogin::begin(mechanism, account, target);
      if (!begun) {
        trouble = begun.error().detail;
        return;
      }
      login = std::move(*begun);
    }
    auto next = login->step(said);
    if (next) {
      answer = std::move(*next);
    } else {
      trouble = next.error().detail;
    }
  }
};

void LoggedIn::begin_anew() {
  if (party_) {
    party_->given_up = true;
    party_->waits = nullptr;
  }
  party_.reset();
  last_token_.clear();
}

net::Task<Finding> LoggedIn::step(std::string_view said) {
  auto& party = *party_;
  party.said = said;
  party.done = false;
  party.waits = &talk_;
  (*order_.aside)([shared = party_] { shared->work(); },
                  [shared = party_] {
                    shared->done = true;
                    if (shared->waits) shared->waits->nudge();
                  });
  Finding waited = co_await talk_.wait_for(&party.done);
  if (!passed(waited)) {
    begin_anew();
    co_return Finding{Evidence::NotMade, "the login could not be made in time: no answer from Kerberos' KDC"};
  }
  party.waits = nullptr;
  if (party.trouble.empty()) co_return Finding{};
  // What goes wrong before the server has said anything is no fault of its own.
  co_return Finding{said.empty() ? Evidence::NotMade : Evidence::LoginRefused, party.trouble};
}

// The token of the server's challenge.
Finding LoggedIn::take_challenge(std::string& token) const {
  const std::string scheme = scheme_text(order_.settings.account.scheme);
  std::string offered;
  for (const auto& challenge : talk_.challenges()) {
    const auto blank = challenge.find(' ');
    const auto name = std::string_view(challenge).substr(0, blank);
    offered += (offered.empty() ? "" : ", ") + std::string(name);
    if (blank == std::string::npos || !equals_ignoring_case(name, scheme)) continue;
    const auto decoded = decode_base64(trimmed(std::string_view(challenge).substr(blank)));
    if (!decoded) return {Evidence::WrongAnswer, "its " + scheme + " challenge is not base64"};
    token = *decoded;
    return {};
  }
  return {Evidence::LoginRefused, "the answer to the login was " + std::to_string(talk_.status()) +
                                      "; it offers " + (offered.empty() ? "no login" : offered)};
}

net::Task<Finding> LoggedIn::log_in() {
  const auto scheme = order_.settings.account.scheme;
  party_ = std::make_shared<Party>();
  party_->mechanism = mechanism_of(scheme);
  party_->account = {order_.login.user, order_.login.password, order_.settings.account.keytab};
  party_->target = {order_.place.host, talk_.tls() ? talk_.tls()->server_end_point() : std::string()};
  std::string token;
  for (int leg = 0; leg < kMostLegs; ++leg) {
    Finding made = co_await step(token);
    if (!passed(made)) co_return made;
    const std::string said =
        "Authorization: " + scheme_text(scheme) + " " + encode_base64(party_->answer) + "\r\n";
    if (party_->login->complete()) {
      if (!party_->answer.empty()) last_token_ = said;
      co_return Finding{};
    }
    Finding asked = co_await talk_.ask(order_.place, said, winrm::kIdentifyContentType, kNothing);
    if (!passed(asked)) co_return asked;
    if (talk_.status() != 401 && talk_.status() != 200) {
      co_return Finding{talk_.status() == 503 ? Evidence::Unavailable : Evidence::WrongAnswer,
                        "the answer to the login was " + std::to_string(talk_.status())};
    }
    Finding challenged = take_challenge(token);
    if (!passed(challenged)) co_return challenged;
  }
  co_return Finding{Evidence::LoginRefused, "the login has no end"};
}

Finding LoggedIn::open_answer() {
  if (!starts_with_ignoring_case(talk_.content_type(), "multipart/encrypted")) {
    body_ = talk_.body();
    return {};
  }
  const auto parts = winrm::read_sealed_body(talk_.body());
  if (!parts || !party_) return {Evidence::WrongAnswer, "the answer is sealed in a way that is not known"};
  auto opened = party_->login->open({std::string(parts->signature), std::string(parts->bytes)});
  if (!opened) return {Evidence::WrongAnswer, opened.error().detail};
  body_ = std::move(*opened);
  return {};
}

net::Task<Finding> LoggedIn::ask(std::string_view content) {
  const auto scheme = order_.settings.account.scheme;
  body_.clear();
  std::string fields;
  std::string sealed;
  std::string content_type(winrm::kIdentifyContentType);
  if (scheme == AccountScheme::Basic) {
    fields = winrm::basic_login(order_.login.user, order_.login.password) + "\r\n";
  } else {
    if (!party_) {
      Finding logged_in = co_await log_in();
      if (!passed(logged_in)) co_return logged_in;
    }
    fields = std::exchange(last_token_, {});
    if (!order_.place.tls) {
      const auto parts = party_->login->seal(content);
      if (!parts) co_return Finding{Evidence::NotMade, parts.error().detail};
      content_type = winrm::sealed_content_type(protocol_of(scheme));
      sealed =
          winrm::write_sealed_body(protocol_of(scheme), content.size(), {parts->signature, parts->bytes});
      content = sealed;
    }
  }
  Finding asked = co_await talk_.ask(order_.place, fields, content_type, content);
  if (passed(asked)) asked = open_answer();
  co_return asked;
}

}  // namespace winrmlb::health
