#include "winrmlb/net/tls.h"

#include <cstring>
#include <ctime>
#include <utility>

#include "tls_openssl.h"
#include "winrmlb/core/check.h"

namespace winrmlb::net {

namespace {

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

}  // namespace

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
                                                      const std::string& host, Resume resume) {
  std::unique_ptr<TlsConnection> made(new TlsConnection(std::move(context)));
  SSL* ssl = made->ssl_;
  SSL_set_connect_state(ssl);
  SSL_set_ex_data(ssl, presented_index(), new Presented{host, {}, X509_V_OK});
  if (resume == Resume::Yes) made->context_->sessions().offer(host, ssl);
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

bool TlsConnection::is_drained() const noexcept {
  return established_ && SSL_has_pending(ssl_) == 0 && SSL_want_write(ssl_) == 0;
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
  if (presented && presented->error != X509_V_OK) {
    return "its certificate is not trusted: " + presented->why + ". It presented SHA-256 " +
           presented->sha256 + "; to accept it, set under server_tls one of\n  ca: FILE\n  fingerprint: \"" +
           presented->sha256 + "\"\n  verify: none";
  }
  const long verified = SSL_get_verify_result(ssl_);
  if (presented || verified == X509_V_OK) return failure_;
  return "the client's certificate: " + std::string(X509_verify_cert_error_string(verified));
}

std::string TlsConnection::server_name() const {
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name ? name : "";
}

std::string_view TlsConnection::version() const noexcept { return SSL_get_version(ssl_); }

bool TlsConnection::resumed() const noexcept { return SSL_session_reused(ssl_) == 1; }

std::optional<CertificateInfo> TlsConnection::certificate() const {
  const X509* shown = SSL_get0_peer_certificate(ssl_);
  if (!shown) return std::nullopt;
  return CertificateInfo{{}, names_of(shown), sha256_of(shown), end_of(shown)};
}

std::optional<WallTime> TlsConnection::certificate_end() const {
  const X509* shown = SSL_get0_peer_certificate(ssl_);
  std::tm end{};
  if (!shown || ASN1_TIME_to_tm(X509_get0_notAfter(shown), &end) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&end));
}

std::string TlsConnection::server_end_point() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_);
  return certificate ? end_point_of(certificate) : std::string();
}

}  // namespace winrmlb::net
