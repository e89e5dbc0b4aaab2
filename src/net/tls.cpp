#include "winrmlb/net/tls.h"

#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "winrmlb/core/check.h"

namespace winrmlb::net {

namespace {

constexpr char kCiphers12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

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

// ---- the BIO: OpenSSL's reads and writes go to the Stream
// -----------------------------------------------------

int bio_write(BIO* bio, const char* data, int length) {
  auto& stream = *static_cast<Stream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto result = stream.write_raw({data, static_cast<std::size_t>(length)});
  if (result.state == IoResult::State::Ok) return static_cast<int>(result.bytes);
  if (result.state == IoResult::State::WouldBlock) BIO_set_retry_write(bio);
  errno = result.error;
  return -1;
}

int bio_read(BIO* bio, char* into, int length) {
  auto& stream = *static_cast<Stream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto result = stream.read_raw({into, static_cast<std::size_t>(length)});
  switch (result.state) {
    case IoResult::State::Ok:
      return static_cast<int>(result.bytes);
    case IoResult::State::WouldBlock:
      BIO_set_retry_read(bio);
      return -1;
    case IoResult::State::End:
      BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
      return 0;
    case IoResult::State::Truncated:
    case IoResult::State::Failed:
      break;
  }
  errno = result.error;
  return -1;
}

long bio_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default:
      return 0;
  }
}

BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    WINRMLB_CHECK(made);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

// ---- contexts
// -------------------------------------------------------------------------------------------------

// Integrated logins do not survive HTTP/2, so http/1.1 is all there is (RFC 7301 3.2).
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                unsigned offered_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kAlpn, sizeof kAlpn, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string hex(const unsigned char* bytes, unsigned length) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::string sha256_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return {};
  return hex(digest, length);
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

void harden(SSL_CTX* context, config::TlsVersion min_version) {
  SSL_CTX_set_min_proto_version(context,
                                min_version == config::TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_early_data(context, 0);
  WINRMLB_CHECK(SSL_CTX_set_cipher_list(context, kCiphers12) == 1);
}

// Per connection to a server: for the verify callback, what it presented and what was wrong with it.
struct Presented {
  std::string host;
  std::string sha256;
  int error = X509_V_OK;
};

int presented_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* presented, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<Presented*>(presented);
      });
  return index;
}

// Verification of a server: its fingerprint if one is set and matches, else the chain and the name.
int verify_server(X509_STORE_CTX* store, void* context) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto& settings = static_cast<const TlsContext*>(context)->server_settings();
  auto* presented = static_cast<Presented*>(SSL_get_ex_data(ssl, presented_index()));
  presented->sha256 = sha256_of(X509_STORE_CTX_get0_cert(store));
  if (settings.verify == config::Verify::None) return 1;
  if (!settings.fingerprint.empty()) {
    if (presented->sha256 == normalised(settings.fingerprint)) return 1;
    if (settings.ca.empty()) {
      presented->error = X509_V_ERR_APPLICATION_VERIFICATION;
      X509_STORE_CTX_set_error(store, presented->error);
      return 0;
    }
  }
  const int verified = X509_verify_cert(store);
  if (verified != 1) presented->error = X509_STORE_CTX_get_error(store);
  return verified == 1;
}

// A server has given a ticket.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  const auto* context = static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  context->sessions().keep(static_cast<Presented*>(SSL_get_ex_data(ssl, presented_index()))->host, session);
  return 1;
}

}  // namespace

TlsSessions::~TlsSessions() {
  for (const auto& [host, session] : sessions_)
    SSL_SESSION_free(session);
}

void TlsSessions::keep(const std::string& host, SSL_SESSION* session) {
  const std::lock_guard guard(lock_);
  SSL_SESSION*& kept = sessions_[host];
  SSL_SESSION_free(std::exchange(kept, session));
}

void TlsSessions::offer(const std::string& host, SSL* to) {
  const std::lock_guard guard(lock_);
  if (const auto found = sessions_.find(host); found != sessions_.end()) SSL_set_session(to, found->second);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsContext>> TlsContext::for_listener(const config::ListenerTls& settings) {
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* context = made->context_;
  harden(context, settings.min_version);
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) != 1) {
    return broken("cannot use the certificate " + settings.certificate);
  }
  // Without this OpenSSL would ask the terminal for the pass phrase of an encrypted key, and wait.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return broken("cannot use the private key " + settings.key);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return broken("the private key " + settings.key + " does not belong to the certificate " +
                  settings.certificate);
  }
  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
  SSL_CTX_set_num_tickets(context, 1);
  static constexpr unsigned char kSessionContext[] = "winrm-lb";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  return std::shared_ptr<const TlsContext>(std::move(made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_servers(const config::ServerTls& settings) {
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_client_method())));
  SSL_CTX* context = made->context_;
  made->server_settings_ = settings;
  harden(context, settings.min_version);
  SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn);
  if (!settings.ca.empty()) {
    if (SSL_CTX_load_verify_file(context, settings.ca.c_str()) != 1)
      return broken("cannot use the CA file " + settings.ca);
  } else {
    SSL_CTX_set_default_verify_paths(context);
  }
  SSL_CTX_set_verify(context, settings.verify == config::Verify::None ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_server, made.get());
  SSL_CTX_set_app_data(context, made.get());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  return std::shared_ptr<const TlsContext>(std::move(made));
}

// ---- connections
// ----------------------------------------------------------------------------------------------

TlsConnection::TlsConnection(std::shared_ptr<const TlsContext> context)
    : context_(std::move(context)), ssl_(SSL_new(context_->native())) {
  WINRMLB_CHECK(ssl_);
}

TlsConnection::~TlsConnection() { SSL_free(ssl_); }

std::unique_ptr<TlsConnection> TlsConnection::accept(std::shared_ptr<const TlsContext> context) {
  std::unique_ptr<TlsConnection> made(new TlsConnection(std::move(context)));
  SSL_set_accept_state(made->ssl_);
  return made;
}

std::unique_ptr<TlsConnection> TlsConnection::connect(std::shared_ptr<const TlsContext> context,
                                                      const std::string& host) {
  std::unique_ptr<TlsConnection> made(new TlsConnection(std::move(context)));
  SSL* ssl = made->ssl_;
  SSL_set_connect_state(ssl);
  SSL_set_ex_data(ssl, presented_index(), new Presented{host, {}, X509_V_OK});
  made->context_->sessions().offer(host, ssl);
  const auto& wanted = made->context_->server_settings().server_name;
  const std::string& name = wanted.empty() ? host : wanted;
  if (IpAddress::parse(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
  } else {
    SSL_set1_host(ssl, name.c_str());
    SSL_set_tlsext_host_name(ssl, name.c_str());
  }
  return made;
}

void TlsConnection::attach(Stream& stream) {
  stream_ = &stream;
  BIO* bio = BIO_new(bio_method());
  WINRMLB_CHECK(bio);
  BIO_set_data(bio, &stream);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
}

IoResult TlsConnection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) return explain(result);
  established_ = true;
  return {};
}

IoResult TlsConnection::read(std::span<char> into) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &bytes);
  return result == 1 ? IoResult{IoResult::State::Ok, bytes} : explain(result);
}

IoResult TlsConnection::write(std::string_view data) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_write_ex(ssl_, data.data(), data.size(), &bytes);
  return result == 1 ? IoResult{IoResult::State::Ok, bytes} : explain(result);
}

void TlsConnection::send_close_notify() {
  if (!SSL_is_init_finished(ssl_)) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_);
  ERR_clear_error();
}

IoResult TlsConnection::explain(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {IoResult::State::WouldBlock};
    case SSL_ERROR_ZERO_RETURN:
      return {IoResult::State::End};
    case SSL_ERROR_SYSCALL:
      return {IoResult::State::Failed, 0, errno};
    default:
      break;
  }
  const bool truncated = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  failure_ = truncated ? "the connection ended during TLS" : openssl_reason();
  ERR_clear_error();
  if (truncated && established_) return {IoResult::State::Truncated};
  return {IoResult::State::Failed, 0, 0};
}

std::string TlsConnection::failure() const {
  const auto* presented = static_cast<const Presented*>(SSL_get_ex_data(ssl_, presented_index()));
  if (!presented || presented->error == X509_V_OK) return failure_;
  const std::string reason = presented->error == X509_V_ERR_APPLICATION_VERIFICATION
                                 ? "its fingerprint is not the configured one"
                                 : X509_verify_cert_error_string(presented->error);
  return "its certificate is not trusted: " + reason + "; it presented SHA-256 " + presented->sha256 +
         ". To accept it, set under server_tls one of  ca: FILE  or  fingerprint: \"" + presented->sha256 +
         "\"  or  verify: none";
}

std::string_view TlsConnection::version() const noexcept { return SSL_get_version(ssl_); }

bool TlsConnection::resumed() const noexcept { return SSL_session_reused(ssl_) == 1; }

}  // namespace winrmlb::net
