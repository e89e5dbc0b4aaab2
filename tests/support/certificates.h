// Certificates for tests, made on the spot with OpenSSL: an authority, what it signs, and what it does not.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace winrmlb {

struct CertificateWish {
  std::string san = "IP:127.0.0.1";
  long starts_in = -3600;  // seconds from now
  long ends_in = 86400;
  bool authority = false;
  bool rsa = false;  // its key; else on an elliptic curve
};

class Certificate {
 public:
  /// Signed by `issuer`, or by itself.
  explicit Certificate(const CertificateWish& wish, const Certificate* issuer = nullptr)
      : key_(wish.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), EVP_PKEY_free),
        certificate_(X509_new(), X509_free) {
    X509* certificate = certificate_.get();
    static long serial = 0;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), wish.starts_in);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wish.ends_in);
    X509_set_pubkey(certificate, key_.get());
    const std::string name = "test " + std::to_string(serial);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const auto& signer = issuer ? *issuer : *this;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate_.get()));
    add(signer, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!wish.authority) add(signer, NID_subject_alt_name, wish.san);
    EXPECT_NE(X509_sign(certificate, signer.key_.get(), EVP_sha256()), 0);
  }

  std::string pem() const {
    return text([this](BIO* out) { PEM_write_bio_X509(out, certificate_.get()); });
  }
  std::string key_pem() const {
    return text([this](BIO* out) {
      PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  /// Lower-case hexadecimal SHA-256 of the certificate.
  std::string fingerprint() const {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509_digest(certificate_.get(), EVP_sha256(), digest, &length);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; ++i)
      text += {kDigits[digest[i] >> 4], kDigits[digest[i] & 15]};
    return text;
  }

  /// A list, signed by this authority, that revokes `revoked`; nothing: an empty list.
  std::string crl_pem(const Certificate* revoked) const {
    std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> list(X509_CRL_new(), X509_CRL_free);
    X509_CRL_set_version(list.get(), 1);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.get()));
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> from(X509_gmtime_adj(nullptr, -3600),
                                                                     ASN1_TIME_free);
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> until(X509_gmtime_adj(nullptr, 86400),
                                                                      ASN1_TIME_free);
    X509_CRL_set1_lastUpdate(list.get(), from.get());
    X509_CRL_set1_nextUpdate(list.get(), until.get());
    if (revoked) {
      X509_REVOKED* entry = X509_REVOKED_new();
      X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->certificate_.get()));
      X509_REVOKED_set_revocationDate(entry, from.get());
      X509_CRL_add0_revoked(list.get(), entry);
    }
    X509_CRL_sort(list.get());
    EXPECT_NE(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()), 0);
    return text([&](BIO* out) { PEM_write_bio_X509_CRL(out, list.get()); });
  }

  X509* x509() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  void add(const Certificate& issuer, int extension, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer.certificate_.get(), certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str());
    ASSERT_NE(made, nullptr) << value;
    X509_add_ext(certificate_.get(), made, -1);
    X509_EXTENSION_free(made);
  }
  template <typename Write>
  static std::string text(Write write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    const long bytes = BIO_get_mem_data(out, &data);
    std::string all(data, static_cast<std::size_t>(bytes));
    BIO_free(out);
    return all;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

using TlsContextPointer = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// Of a scripted server that shows this certificate.
inline TlsContextPointer server_context(const Certificate& certificate) {
  TlsContextPointer context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate.x509());
  SSL_CTX_use_PrivateKey(context.get(), certificate.key());
  return context;
}

/// Of a scripted client that trusts this authority alone.
inline TlsContextPointer client_context(const Certificate& authority) {
  TlsContextPointer context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.x509());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

}  // namespace winrmlb
