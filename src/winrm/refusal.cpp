// The sentences that an operator reads when a login is refused. They name what to change, and no secret.
#include "winrmlb/winrm/login.h"

namespace winrmlb::winrm {

namespace {

struct RefusalRow {
  Refusal refusal;
  std::string_view name;
  std::string_view text;
};

constexpr RefusalRow kRows[] = {
    {Refusal::None, "none", ""},
    {Refusal::WrongPassword, "wrong_password",
     "the server rejects the user: the password is wrong, or the account is locked, disabled or unknown "
     "there (a "
     "local account must be on every server with the same password); for Basic on a plain port also if "
     "AllowUnencrypted is false on the server"},
    {Refusal::SchemeNotOffered, "scheme_not_offered",
     "the server does not offer this login scheme: enable it on every server (winrm set "
     "winrm/config/service/auth), "
     "or have the client use one that is offered"},
    {Refusal::ChannelBinding, "channel_binding",
     "the login is bound to the certificate that the client saw, and the server has another one: give this "
     "listener "
     "and all servers the same certificate and key, or set CbtHardeningLevel to None on the servers (winrm "
     "set "
     "winrm/config/service/auth), or have the client send no channel binding (send_cbt=False)"},
    {Refusal::PlainSoapRefused, "plain_soap_refused",
     "on its plain port the server takes neither Basic nor SOAP that is not sealed: have the client seal its "
     "messages "
     "(NTLM or Kerberos with message encryption) or come over TLS on 5986; where the network is trusted, set "
     "AllowUnencrypted to true on every server, and Basic as well for Basic; if that is so already, the "
     "password is "
     "wrong"},
    {Refusal::KerberosForBalancerName, "kerberos_for_balancer_name",
     "the client's Kerberos ticket is for a name whose key the server does not have, most likely the "
     "balancer's: have "
     "the client ask for its server's own name (kerberos_hostname_override or negotiate_hostname_override, "
     "with "
     "assign: planned so that the server stays the same), or log in by NTLM, or by Basic over TLS"},
    {Refusal::ClockSkew, "clock_skew",
     "Kerberos refuses the login because the clocks of client and server differ by more than it allows: "
     "synchronise "
     "them with the domain's"},
    {Refusal::ClientCertificate, "client_certificate",
     "a login by client certificate belongs to the TLS connection that ends here, so the server cannot see "
     "it: pass "
     "TLS through to the servers, or log in otherwise"},
    {Refusal::Rejected, "rejected",
     "the server refuses the login and does not say why: its Security event log does (events 4625 and 4776)"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRefusals; ++i) {
    if (kRows[i].refusal != static_cast<Refusal>(i)) return false;
  }
  return std::size(kRows) == kRefusals;
}
static_assert(in_order());

const RefusalRow& row_of(Refusal refusal) noexcept { return kRows[static_cast<std::size_t>(refusal)]; }

}  // namespace

std::string_view name_of(Refusal refusal) noexcept { return row_of(refusal).name; }

std::string explain(Refusal refusal, std::string_view target) {
  std::string text(row_of(refusal).text);
  const bool is_of_ticket = refusal == Refusal::KerberosForBalancerName || refusal == Refusal::ClockSkew ||
                            refusal == Refusal::ChannelBinding || refusal == Refusal::Rejected;
  if (is_of_ticket && !target.empty()) {
    text += "; the ticket is for ";
    text += target;
  }
  return text;
}

}  // namespace winrmlb::winrm
