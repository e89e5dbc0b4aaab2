// Who may log in, and with which mechanisms.
#include <cstdlib>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

#include <gssapi/gssapi_ext.h>

#include "gss.h"
#include "winrmlb/core/text.h"
#include "winrmlb/sim/login.h"

namespace winrmlb::sim {

namespace {

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return text;
}

// The NTLM mechanism reads DOMAIN:user:password lines from a file named by the environment. A memory file
// serves, so that passwords are never on disk and end with the process.
int publish_users(const Options& options) {
  const int descriptor = memfd_create("winrm-sim users", MFD_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("cannot make a memory file for the users");
  std::string lines;
  for (const auto& user : options.users) {
    const auto domain = user.domain.empty() ? upper(options.name) : upper(user.domain);
    lines += domain + ":" + user.name + ":" + user.password + "\n";
  }
  if (write(descriptor, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) {
    throw std::runtime_error("cannot write the users");
  }
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  setenv("NTLM_USER_FILE", path.c_str(), 1);
  setenv("NETBIOS_COMPUTER_NAME", upper(options.name).c_str(), 0);
  const auto& first = options.users.empty() ? std::string() : options.users.front().domain;
  setenv("NETBIOS_DOMAIN_NAME", first.empty() ? upper(options.name).c_str() : upper(first).c_str(), 0);
  return descriptor;
}

}  // namespace

std::string full_name(const User& user) {
  return user.domain.empty() ? user.name : user.domain + "\\" + user.name;
}

const User* find_user(const std::vector<User>& users, std::string_view written) {
  std::string_view domain;
  std::string_view name = written;
  if (const auto slash = written.find('\\'); slash != std::string_view::npos) {
    domain = written.substr(0, slash);
    name = written.substr(slash + 1);
  } else if (const auto at = written.find('@'); at != std::string_view::npos) {
    name = written.substr(0, at);
    domain = written.substr(at + 1);
  }
  if (domain == ".") domain = {};
  for (const auto& user : users) {
    if (!equals_ignoring_case(user.name, name)) continue;
    // A Kerberos realm is DNS-like: CORP.EXAMPLE.NET stands for the domain CORP.
    if (domain.empty() || user.domain.empty() || equals_ignoring_case(user.domain, domain) ||
        equals_ignoring_case(user.domain, domain.substr(0, domain.find('.')))) {
      return &user;
    }
  }
  return nullptr;
}

Authority::Authority(const Options& options) : options_(options) {
  if (options.schemes.negotiate || options.schemes.ntlm || options.schemes.kerberos) acquire_credentials();
  const bool kerberos = options.schemes.kerberos && std::getenv("KRB5_KTNAME") != nullptr;
  if (options.schemes.negotiate) offers_.emplace_back("Negotiate");
  if (kerberos) offers_.emplace_back("Kerberos");
  if (options.schemes.ntlm) offers_.emplace_back("NTLM");
  if (options.schemes.basic) offers_.emplace_back("Basic realm=\"WSMAN\"");
}

void Authority::acquire_credentials() {
  users_descriptor_ = publish_users(options_);
  const bool kerberos = options_.schemes.kerberos && std::getenv("KRB5_KTNAME") != nullptr;
  std::vector<gss_OID_desc> inner;
  if (kerberos) inner.push_back(kKerberos);
  if (options_.schemes.negotiate || options_.schemes.ntlm) inner.push_back(kNtlm);
  if (inner.empty()) return;
  std::vector<gss_OID_desc> all = inner;
  all.push_back(kSpnego);
  gss_OID_set_desc wanted{all.size(), all.data()};
  gss_OID_set_desc negotiable{inner.size(), inner.data()};
  OM_uint32 minor = 0;
  gss_cred_id_t credentials = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major = gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &wanted, GSS_C_ACCEPT,
                                           &credentials, nullptr, nullptr);
  if (GSS_ERROR(major)) {
    throw std::runtime_error(
        "no GSSAPI mechanism can accept logins (install gss-ntlmssp, or use --auth basic): " +
        status_text(major, minor, GSS_C_NO_OID));
  }
  gss_set_neg_mechs(&minor, credentials, &negotiable);
  credentials_ = credentials;
}

Authority::~Authority() {
  OM_uint32 minor = 0;
  auto credentials = static_cast<gss_cred_id_t>(credentials_);
  if (credentials != GSS_C_NO_CREDENTIAL) gss_release_cred(&minor, &credentials);
  if (users_descriptor_ >= 0) close(users_descriptor_);
}

std::optional<std::string> Authority::check_basic(std::string_view credentials) const {
  const auto colon = credentials.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const User* user = find_user(options_.users, credentials.substr(0, colon));
  if (user == nullptr || user->password != credentials.substr(colon + 1)) return std::nullopt;
  return full_name(*user);
}

std::string Authority::canonical(std::string_view name) const {
  const User* user = find_user(options_.users, name);
  return user == nullptr ? std::string(name) : full_name(*user);
}

}  // namespace winrmlb::sim
