#include "winrmlb/net/gss_login.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <utility>

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

namespace winrmlb::net {

namespace {

constexpr std::size_t kNtlmSignature = 16;  // bytes in front of a message sealed by NTLM (MS-NLMP 2.2.2.9)

// 1.3.6.1.4.1.311.2.2.10, 1.3.6.1.5.5.2 and 1.2.840.113554.1.2.2.
char ntlm_bytes[] = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
char spnego_bytes[] = "\x2b\x06\x01\x05\x05\x02";
char kerberos_bytes[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
gss_OID_desc ntlm_oid{sizeof(ntlm_bytes) - 1, ntlm_bytes};
gss_OID_desc spnego_oid{sizeof(spnego_bytes) - 1, spnego_bytes};
gss_OID_desc kerberos_oid{sizeof(kerberos_bytes) - 1, kerberos_bytes};

gss_OID oid_of(GssMechanism mechanism) noexcept {
  switch (mechanism) {
    case GssMechanism::Ntlm:
      return &ntlm_oid;
    case GssMechanism::Negotiate:
      return &spnego_oid;
    case GssMechanism::Kerberos:
      return &kerberos_oid;
  }
  return GSS_C_NO_OID;
}

std::string_view name_of(GssMechanism mechanism) noexcept {
  switch (mechanism) {
    case GssMechanism::Ntlm:
      return "NTLM";
    case GssMechanism::Negotiate:
      return "Negotiate";
    case GssMechanism::Kerberos:
      return "Kerberos";
  }
  return "unknown";
}

gss_buffer_desc buffer_of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

std::string taken(gss_buffer_desc& buffer) {
  std::string text(static_cast<const char*>(buffer.value), buffer.length);
  OM_uint32 minor = 0;
  gss_release_buffer(&minor, &buffer);
  return text;
}

// All that the library has to say of a status, in one line.
std::string status_text(OM_uint32 status, int kind, gss_OID mechanism) {
  std::string text;
  OM_uint32 more = 0;
  do {
    OM_uint32 minor = 0;
    gss_buffer_desc part = GSS_C_EMPTY_BUFFER;
    if (gss_display_status(&minor, status, kind, mechanism, &more, &part) != GSS_S_COMPLETE) break;
    text += (text.empty() ? "" : ", ") + taken(part);
  } while (more != 0);
  return text;
}

Error trouble(GssMechanism mechanism, std::string_view what, OM_uint32 major, OM_uint32 minor) {
  std::string text = std::string(name_of(mechanism)) + ": " + std::string(what);
  const std::string why = minor != 0 ? status_text(minor, GSS_C_MECH_CODE, oid_of(mechanism)) : std::string();
  text += ": " + (why.empty() ? status_text(major, GSS_C_GSS_CODE, GSS_C_NO_OID) : why);
  return {ErrorCode::System, Side::Local, std::move(text)};
}

// Kerberos knows no "DOMAIN\user".
std::string written_for(GssMechanism mechanism, const std::string& user) {
  const auto slash = user.find('\\');
  if (mechanism != GssMechanism::Kerberos || slash == std::string::npos) return user;
  std::string realm = user.substr(0, slash);
  std::transform(realm.begin(), realm.end(), realm.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return user.substr(slash + 1) + "@" + realm;
}

}  // namespace

struct GssLogin::Handles {
  gss_cred_id_t account = GSS_C_NO_CREDENTIAL;
  gss_name_t target = GSS_C_NO_NAME;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  std::string channel;

  ~Handles() {
    OM_uint32 minor = 0;
    if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
    if (target != GSS_C_NO_NAME) gss_release_name(&minor, &target);
    if (account != GSS_C_NO_CREDENTIAL) gss_release_cred(&minor, &account);
  }
};

Status GssLogin::available(GssMechanism mechanism) {
  OM_uint32 minor = 0;
  gss_OID_set known = GSS_C_NO_OID_SET;
  if (gss_indicate_mechs(&minor, &known) != GSS_S_COMPLETE)
    return Error{ErrorCode::System, Side::Local, "this system's GSSAPI cannot be used"};
  int present = 0;
  gss_test_oid_set_member(&minor, oid_of(mechanism), known, &present);
  gss_release_oid_set(&minor, &known);
  if (present != 0) return Done{};
  return Error{ErrorCode::Config, Side::Local,
               mechanism == GssMechanism::Ntlm
                   ? "logins by NTLM need the package gss-ntlmssp, which is not installed"
                   : "this system's GSSAPI knows no " + std::string(name_of(mechanism))};
}

GssLogin::GssLogin(GssMechanism mechanism, std::unique_ptr<Handles> handles)
    : mechanism_(mechanism), handles_(std::move(handles)) {}

GssLogin::~GssLogin() = default;

Result<std::unique_ptr<GssLogin>> GssLogin::begin(GssMechanism mechanism, const Account& account,
                                                  const Target& target) {
  if (auto usable = available(mechanism); !usable) return std::move(usable).error();
  auto handles = std::make_unique<Handles>();
  handles->channel = target.channel;
  OM_uint32 minor = 0;

  const std::string service = "HTTP@" + target.host;
  gss_buffer_desc text = buffer_of(service);
  OM_uint32 major = gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &handles->target);
  if (major != GSS_S_COMPLETE) return trouble(mechanism, "the target's name", major, minor);

  const std::string user = written_for(mechanism, account.user);
  text = buffer_of(user);
  gss_name_t name = GSS_C_NO_NAME;
  major = gss_import_name(&minor, &text, GSS_C_NT_USER_NAME, &name);
  if (major != GSS_S_COMPLETE) return trouble(mechanism, "the account's name", major, minor);
  gss_OID_set_desc wanted{1, oid_of(mechanism)};
  if (account.keytab.empty()) {
    gss_buffer_desc password = buffer_of(account.password);
    major = gss_acquire_cred_with_password(&minor, name, &password, GSS_C_INDEFINITE, &wanted, GSS_C_INITIATE,
                                           &handles->account, nullptr, nullptr);
  } else {
    // A cache of its own, in memory: tickets of the process's user are nobody's business here.
    const std::string cache = "MEMORY:" + user;
    std::array<gss_key_value_element_desc, 2> elements{
        {{"client_keytab", account.keytab.c_str()}, {"ccache", cache.c_str()}}};
    gss_key_value_set_desc store{elements.size(), elements.data()};
    major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &wanted, GSS_C_INITIATE, &store,
                                  &handles->account, nullptr, nullptr);
  }
  OM_uint32 ignored = 0;
  gss_release_name(&ignored, &name);
  if (major != GSS_S_COMPLETE) return trouble(mechanism, "the account", major, minor);
  return std::unique_ptr<GssLogin>(new GssLogin(mechanism, std::move(handles)));
}

Result<std::string> GssLogin::step(std::string_view token) {
  gss_channel_bindings_struct bindings{};
  bindings.application_data = buffer_of(handles_->channel);
  gss_buffer_desc said = buffer_of(token);
  gss_buffer_desc next = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_init_sec_context(
      &minor, handles_->account, &handles_->context, handles_->target, oid_of(mechanism_),
      GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_SEQUENCE_FLAG, GSS_C_INDEFINITE,
      handles_->channel.empty() ? GSS_C_NO_CHANNEL_BINDINGS : &bindings,
      token.empty() ? GSS_C_NO_BUFFER : &said, nullptr, &next, nullptr, nullptr);
  std::string answer = taken(next);
  if (GSS_ERROR(major)) return trouble(mechanism_, "the login", major, minor);
  complete_ = (major & GSS_S_CONTINUE_NEEDED) == 0;
  return answer;
}

// Negotiate may have come to either.
bool GssLogin::is_by_ntlm() const {
  OM_uint32 minor = 0;
  gss_OID used = GSS_C_NO_OID;
  gss_inquire_context(&minor, handles_->context, nullptr, nullptr, nullptr, &used, nullptr, nullptr, nullptr);
  return used != GSS_C_NO_OID && used->length == ntlm_oid.length &&
         std::memcmp(used->elements, ntlm_oid.elements, used->length) == 0;
}

Result<GssLogin::Sealed> GssLogin::seal(std::string_view clear) {
  OM_uint32 minor = 0;
  int confidential = 0;
  if (is_by_ntlm()) {
    gss_buffer_desc input = buffer_of(clear);
    gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
    const OM_uint32 major =
        gss_wrap(&minor, handles_->context, 1, GSS_C_QOP_DEFAULT, &input, &confidential, &output);
    if (major != GSS_S_COMPLETE) return trouble(mechanism_, "sealing", major, minor);
    const std::string whole = taken(output);
    if (whole.size() < kNtlmSignature) return trouble(mechanism_, "sealing", GSS_S_FAILURE, 0);
    return Sealed{whole.substr(0, kNtlmSignature), whole.substr(kNtlmSignature)};
  }
  std::string data(clear);
  std::array<gss_iov_buffer_desc, 3> parts{
      {{GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER},
       {GSS_IOV_BUFFER_TYPE_DATA, {data.size(), data.data()}},
       {GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER}}};
  const auto count = static_cast<int>(parts.size());
  const OM_uint32 major =
      gss_wrap_iov(&minor, handles_->context, 1, GSS_C_QOP_DEFAULT, &confidential, parts.data(), count);
  if (major != GSS_S_COMPLETE) return trouble(mechanism_, "sealing", major, minor);
  Sealed sealed;
  sealed.signature.assign(static_cast<const char*>(parts[0].buffer.value), parts[0].buffer.length);
  sealed.bytes = std::move(data);
  sealed.bytes.append(static_cast<const char*>(parts[2].buffer.value), parts[2].buffer.length);
  gss_release_iov_buffer(&minor, parts.data(), count);
  return sealed;
}

Result<std::string> GssLogin::open(const Sealed& sealed) {
  const std::string whole = sealed.signature + sealed.bytes;
  gss_buffer_desc input = buffer_of(whole);
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor = 0;
  int confidential = 0;
  const OM_uint32 major = gss_unwrap(&minor, handles_->context, &input, &output, &confidential, nullptr);
  if (major != GSS_S_COMPLETE) return trouble(mechanism_, "opening a sealed answer", major, minor);
  return taken(output);
}

}  // namespace winrmlb::net
