// Certificates: whom they speak for, until when, and what is wrong with one that a server presents.
#include <ctime>

#include "tls_openssl.h"

namespace winrmlb::net {

std::string openssl_reason() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  return "error " + std::to_string(code);
}

Error broken(const std::string& what) {
  return {ErrorCode::Config, Side::Local, what + ": " + openssl_reason()};
}

std::string sha256_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return {};
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < length; ++i)
    text += {kDigits[digest[i] >> 4], kDigits[digest[i] & 15]};
  return text;
}

// By the hash of the certificate's own signature; where that is MD5 or SHA-1, by SHA-256 (RFC 5929 4.1).
std::string end_point_of(const X509* certificate) {
  int hash = NID_undef;
  X509_get_signature_info(const_cast<X509*>(certificate), &hash, nullptr, nullptr, nullptr);
  const EVP_MD* chosen = hash == NID_md5 || hash == NID_sha1 ? nullptr : EVP_get_digestbynid(hash);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, chosen ? chosen : EVP_sha256(), digest, &length) != 1) return {};
  return "tls-server-end-point:" + std::string(reinterpret_cast<const char*>(digest), length);
}

namespace {

std::string name_text(const X509_NAME* name) {
  BioPointer out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

std::string name_text(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
            static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))};
  }
  if (name->type != GEN_IPADD) return {};
  const unsigned char* bytes = ASN1_STRING_get0_data(name->d.iPAddress);
  const int length = ASN1_STRING_length(name->d.iPAddress);
  if (length == 4) {
    return IpAddress::from_v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                              std::uint32_t{bytes[2]} << 8 | bytes[3])
        .text();
  }
  std::array<std::uint8_t, 16> address{};
  if (length != static_cast<int>(address.size())) return {};
  std::copy(bytes, bytes + length, address.begin());
  return IpAddress::from_v6(address).text();
}

std::string day_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown day";
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M UTC", &parts);
  return buffer;
}

// A fingerprint as people write it: any case, with or without colons.
std::string normalised(const std::string& fingerprint) {
  std::string text;
  for (const char c : fingerprint) {
    if (c == ':' || c == ' ') continue;
    text += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

std::string reason_of(int error, const X509* certificate, const config::ServerTls& settings,
                      const std::string& host) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it expired on " + day_of(X509_get0_notAfter(certificate)) +
             "; it must be renewed on the server";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is not valid before " + day_of(X509_get0_notBefore(certificate)) +
             "; it is new, or a clock is wrong";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is for " + names_of(certificate) + ", not for " +
             (settings.server_name.empty() ? host : settings.server_name) + " (" +
             X509_verify_cert_error_string(error) + "); if it is the right server, give server_name, or " +
             "a host that is one of these names";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "it is self-signed, and not among the authorities in " +
             (settings.ca.empty() ? std::string("the system's store") : settings.ca);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its issuer " + name_text(X509_get_issuer_name(certificate)) +
             " is not among the authorities in " +
             (settings.ca.empty() ? std::string("the system's store") : settings.ca);
    case X509_V_ERR_APPLICATION_VERIFICATION:
      return "its fingerprint is not the configured one";
    default:  // OpenSSL knows a hundred more
      return X509_verify_cert_error_string(error);
  }
}

}  // namespace

std::string names_of(const X509* certificate) {
  std::string text;
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const auto name = name_text(sk_GENERAL_NAME_value(names, i));
    if (!name.empty()) text += (text.empty() ? "" : ", ") + name;
  }
  GENERAL_NAMES_free(names);
  return text.empty() ? name_text(X509_get_subject_name(certificate)) : text;
}

WallTime end_of(const X509* certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

int presented_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* presented, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<Presented*>(presented);
      });
  return index;
}

int verify_server(X509_STORE_CTX* store, void* context) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto& tls = *static_cast<const TlsContext*>(context);
  const auto& settings = tls.server_settings();
  auto* presented = static_cast<Presented*>(SSL_get_ex_data(ssl, presented_index()));
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  presented->sha256 = sha256_of(leaf);
  tls.leaves().note(presented->host, presented->sha256);
  if (settings.verify == config::Verify::None) return 1;
  const bool pinned = !settings.fingerprint.empty();
  if (pinned && presented->sha256 == normalised(settings.fingerprint)) return 1;
  if (pinned && settings.ca.empty()) {
    presented->error = X509_V_ERR_APPLICATION_VERIFICATION;
    X509_STORE_CTX_set_error(store, presented->error);
  } else {
    if (X509_verify_cert(store) == 1) return 1;
    presented->error = X509_STORE_CTX_get_error(store);
  }
  presented->why = reason_of(presented->error, leaf, settings, presented->host);
  return 0;
}

void TlsLeaves::note(const std::string& host, const std::string& sha256) {
  const std::lock_guard guard(lock_);
  sha256_[host] = sha256;
}

std::optional<std::string> TlsLeaves::of(const std::string& host) const {
  const std::lock_guard guard(lock_);
  const auto found = sha256_.find(host);
  return found == sha256_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace winrmlb::net
