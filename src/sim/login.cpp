#include "winrmlb/sim/login.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include "gss.h"
#include "winrmlb/core/text.h"
#include "winrmlb/sim/channel_binding.h"
#include "winrmlb/sim/soap.h"

namespace winrmlb::sim {

namespace {

std::uint32_t number_at(std::string_view token, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(token[at + i])} << (8 * i);
  return value;
}

// curl's NTLM messages have no Version field (MS-NLMP 2.2.1), and its first offers OEM text only. Both are
// allowed, but the mechanism wants the field, or at least no flag that announces it, and cannot read OEM
// text. So the first message is completed, and the third says that it has no Version; neither carries a MIC
// that this could break.
std::string completed(std::string_view token) {
  constexpr std::string_view kTypeOne("NTLMSSP\0\1\0\0\0", 12);
  constexpr std::string_view kTypeThree("NTLMSSP\0\3\0\0\0", 12);
  constexpr std::size_t kFirstHead = 40;  // with Version
  constexpr std::size_t kThirdHead = 64;  // without
  std::string out(token);
  if (token.starts_with(kTypeOne) && token.size() >= 16 && token.size() < kFirstHead) {
    out.resize(kFirstHead, '\0');
    out[12] = static_cast<char>(out[12] | 1);  // NTLMSSP_NEGOTIATE_UNICODE
  } else if (token.starts_with(kTypeThree) && token.size() > kThirdHead) {
    for (std::size_t field = 12; field < 60; field += 8) {
      if (number_at(token, field + 4) == kThirdHead)
        out[63] = static_cast<char>(out[63] & ~2);  // ..._NEGOTIATE_VERSION
    }
  }
  return out;
}

}  // namespace

Login::~Login() { reset(); }

void Login::reset() {
  OM_uint32 minor = 0;
  auto context = static_cast<gss_ctx_id_t>(context_);
  if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  context_ = nullptr;
  established_ = false;
  user_.clear();
  scheme_.clear();
}

LoginStep Login::offer(std::string_view authorization) {
  LoginStep step;
  const auto blank = authorization.find(' ');
  const auto scheme = authorization.substr(0, blank);
  const auto token =
      blank == std::string_view::npos ? std::string_view{} : trimmed(authorization.substr(blank));
  step.scheme = std::string(scheme);
  const auto decoded = base64_decode(token);
  if (!decoded) {
    step.trouble = "the token is not Base64";
    return step;
  }
  const Schemes& schemes = authority_.options_.schemes;
  if (equals_ignoring_case(scheme, "Basic") && schemes.basic) {
    step.scheme = "Basic";
    const auto user = authority_.check_basic(*decoded);
    step.state = user ? LoginState::Granted : LoginState::Refused;
    step.user = user.value_or("");
    if (!user) step.trouble = "unknown user or wrong password";
    return step;
  }
  if (equals_ignoring_case(scheme, "Negotiate") && schemes.negotiate) return accept("Negotiate", *decoded);
  if (equals_ignoring_case(scheme, "NTLM") && schemes.ntlm) return accept("NTLM", *decoded);
  if (equals_ignoring_case(scheme, "Kerberos") && schemes.kerberos) return accept("Kerberos", *decoded);
  step.trouble = "the scheme is not offered";
  return step;
}

// What is passed to the mechanism must be matched by the client. Kerberos lets a client pass that says
// nothing, the NTLM mechanism does not, so that it gets no bindings for such a client.
bool Login::is_bound(std::string_view token) const {
  if (channel_.empty()) return false;
  switch (authority_.options_.channel_binding) {
    case ChannelBinding::None:
      return false;
    case ChannelBinding::Relaxed: {
      const auto said = ntlm_binding(token);
      return !said.authenticates || said.token.has_value();
    }
    case ChannelBinding::Strict:
      return true;
  }
  return false;
}

LoginStep Login::accept(std::string_view scheme, std::string_view token) {
  if (established_) reset();
  LoginStep step;
  step.scheme = std::string(scheme);
  OM_uint32 minor = 0;
  OM_uint32 ignored = 0;
  OM_uint32 flags = 0;
  auto context = static_cast<gss_ctx_id_t>(context_);
  gss_name_t client = GSS_C_NO_NAME;
  gss_OID mechanism = GSS_C_NO_OID;
  const std::string whole = completed(token);
  gss_buffer_desc input = buffer_of(whole);
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  gss_channel_bindings_struct bindings{};
  bindings.application_data = buffer_of(channel_);
  const OM_uint32 major =
      gss_accept_sec_context(&minor, &context, static_cast<gss_cred_id_t>(authority_.credentials_), &input,
                             is_bound(whole) ? &bindings : GSS_C_NO_CHANNEL_BINDINGS, &client, &mechanism,
                             &output, &flags, nullptr, nullptr);
  context_ = context;
  if (output.length > 0) step.answer = step.scheme + " " + base64_encode(taken(output));
  step.trouble = GSS_ERROR(major) ? status_text(major, minor, mechanism) : "";
  if (major == GSS_S_COMPLETE) step.trouble = objection(flags, whole);
  if (!step.trouble.empty()) {
    step.answer.clear();
    reset();
  } else if ((major & GSS_S_CONTINUE_NEEDED) != 0) {
    step.state = LoginState::Challenged;
  } else {
    gss_buffer_desc name = GSS_C_EMPTY_BUFFER;
    gss_display_name(&ignored, client, &name, nullptr);
    std::string written = taken(name);
    while (written.ends_with('\0'))
      written.pop_back();  // the NTLM mechanism counts its terminator
    user_ = authority_.canonical(written);
    scheme_ = step.scheme;
    established_ = true;
    step.state = LoginState::Granted;
    step.user = user_;
  }
  if (client != GSS_C_NO_NAME) gss_release_name(&ignored, &client);
  return step;
}

// Why a login that the mechanism takes is refused all the same.
std::string Login::objection(std::uint32_t flags, std::string_view token) const {
  if ((flags & GSS_C_ANON_FLAG) != 0) return "anonymous logins are refused";
  if (channel_.empty() || authority_.options_.channel_binding != ChannelBinding::Strict) return {};
  const bool said =
      is_kerberos() ? (flags & GSS_C_CHANNEL_BOUND_FLAG) != 0 : ntlm_binding(token).token.has_value();
  return said ? "" : "the login says nothing of its channel, and must";
}

bool Login::is_kerberos() const {
  OM_uint32 minor = 0;
  gss_OID mechanism = GSS_C_NO_OID;
  gss_inquire_context(&minor, static_cast<gss_ctx_id_t>(context_), nullptr, nullptr, nullptr, &mechanism,
                      nullptr, nullptr, nullptr);
  return same(mechanism, kKerberos);
}

std::optional<std::string> Login::open(const Sealed& sealed) {
  if (!established_) return std::nullopt;
  OM_uint32 minor = 0;
  int confidential = 0;
  const std::string whole = sealed.signature + sealed.bytes;
  gss_buffer_desc input = buffer_of(whole);
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      gss_unwrap(&minor, static_cast<gss_ctx_id_t>(context_), &input, &output, &confidential, nullptr);
  if (major != GSS_S_COMPLETE) return std::nullopt;  // also when it comes out of order
  return taken(output);
}

std::optional<Sealed> Login::seal(std::string_view clear) {
  if (!established_) return std::nullopt;
  OM_uint32 minor = 0;
  int confidential = 0;
  const auto context = static_cast<gss_ctx_id_t>(context_);
  if (!is_kerberos()) {
    gss_buffer_desc input = buffer_of(clear);
    gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
    if (gss_wrap(&minor, context, 1, GSS_C_QOP_DEFAULT, &input, &confidential, &output) != GSS_S_COMPLETE)
      return {};
    const std::string whole = taken(output);
    return Sealed{whole.substr(0, 16), whole.substr(16)};  // NTLM: 16 bytes of signature, then the text
  }
  // Kerberos clients expect header and data apart, as EncryptMessage gives them.
  std::string data(clear);
  gss_iov_buffer_desc parts[3] = {
      {GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER},
      {GSS_IOV_BUFFER_TYPE_DATA, {data.size(), data.data()}},
      {GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER}};
  if (gss_wrap_iov(&minor, context, 1, GSS_C_QOP_DEFAULT, &confidential, parts, 3) != GSS_S_COMPLETE)
    return {};
  Sealed sealed;
  sealed.signature.assign(static_cast<char*>(parts[0].buffer.value), parts[0].buffer.length);
  sealed.bytes = data;
  sealed.bytes.append(static_cast<char*>(parts[2].buffer.value), parts[2].buffer.length);
  gss_release_iov_buffer(&minor, parts, 3);
  return sealed;
}

}  // namespace winrmlb::sim
