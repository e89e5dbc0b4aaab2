// Contexts: what is agreed on with clients and with servers, and the certificates that are shown.
#include <algorithm>
#include <sys/stat.h>
#include <utility>

#include "tls_openssl.h"
#include "winrmlb/core/check.h"

namespace winrmlb::net {

namespace {

// The same strength in all; the one that costs least where the processor has AES goes first, and a client
// without it gets the one that it asks for first (SSL_OP_PRIORITIZE_CHACHA).
constexpr char kCiphers13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kCiphers12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

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

// Early data could be replayed (RFC 8446 8), and a renegotiation could change who the client is.
void harden(SSL_CTX* context, config::TlsVersion min_version) {
  SSL_CTX_set_min_proto_version(context,
                                min_version == config::TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_early_data(context, 0);
  WINRMLB_CHECK(SSL_CTX_set_cipher_list(context, kCiphers12) == 1);
  WINRMLB_CHECK(SSL_CTX_set_ciphersuites(context, kCiphers13) == 1);
}

// A server has given a ticket.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  const auto* context = static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  context->sessions().keep(static_cast<Presented*>(SSL_get_ex_data(ssl, presented_index()))->host, session);
  return 1;
}

// OpenSSL would else ask the terminal for the pass phrase of an encrypted key, and wait.
int no_pass_phrase(char*, int, int, void*) { return -1; }

}  // namespace

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  FileStamp stamp{.path = path};
  if (::stat(path.c_str(), &status) != 0) return stamp;
  stamp.inode = status.st_ino;
  stamp.size = status.st_size;
  stamp.modified = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  return stamp;
}

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

// ---- certificates that are shown
// ------------------------------------------------------------------------------

struct TlsContext::Held {
  X509Pointer leaf;
  KeyPointer key;
  std::vector<X509Pointer> chain;
  std::string names;
};

TlsContext::TlsContext(SSL_CTX* context) : context_(context) {}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

// Reads a certificate with its chain and its key.
Status TlsContext::hold(const config::CertificateFiles& files) {
  files_.push_back(stamp_of(files.certificate));
  files_.push_back(stamp_of(files.key));
  Held held;
  ERR_clear_error();
  BioPointer pem(BIO_new_file(files.certificate.c_str(), "r"));
  if (pem) held.leaf.reset(PEM_read_bio_X509_AUX(pem.get(), nullptr, no_pass_phrase, nullptr));
  if (!held.leaf) return broken("cannot use the certificate " + files.certificate);
  while (X509* next = PEM_read_bio_X509(pem.get(), nullptr, no_pass_phrase, nullptr))
    held.chain.emplace_back(next);
  ERR_clear_error();  // the end of the file is one
  BioPointer key(BIO_new_file(files.key.c_str(), "r"));
  if (key) held.key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, no_pass_phrase, nullptr));
  if (!held.key) return broken("cannot use the private key " + files.key);
  if (X509_check_private_key(held.leaf.get(), held.key.get()) != 1) {
    return broken("the private key " + files.key + " does not belong to the certificate " +
                  files.certificate);
  }
  held.names = names_of(held.leaf.get());
  certificates_.push_back(
      {files.certificate, held.names, sha256_of(held.leaf.get()), end_of(held.leaf.get())});
  held_.push_back(std::move(held));
  return Done{};
}

namespace {

struct StackOf {
  explicit StackOf(const std::vector<X509Pointer>& certificates) : stack(sk_X509_new_null()) {
    for (const auto& certificate : certificates)
      sk_X509_push(stack, certificate.get());
  }
  ~StackOf() { sk_X509_free(stack); }
  StackOf(const StackOf&) = delete;
  StackOf& operator=(const StackOf&) = delete;
  STACK_OF(X509) * stack;
};

}  // namespace

Status TlsContext::use(SSL_CTX* context, const Held& held) const {
  const StackOf chain(held.chain);
  const auto at = static_cast<std::size_t>(&held - held_.data());
  if (SSL_CTX_use_cert_and_key(context, held.leaf.get(), held.key.get(), chain.stack, 1) != 1)
    return broken("cannot use the certificate " + certificates_[at].file);
  return Done{};
}

// By the name that the client asks for. Of certificates for one name with different kinds of keys, OpenSSL
// takes the one that the client understands.
int TlsContext::choose_certificate(SSL* ssl, void* self) {
  const auto& context = *static_cast<const TlsContext*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return 1;
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < context.held_.size(); ++i) {
    if (X509_check_host(context.held_[i].leaf.get(), name, 0, 0, nullptr) == 1) fitting.push_back(i);
  }
  if (fitting.empty() || fitting == context.usual_) return 1;
  SSL_certs_clear(ssl);
  for (const auto i : fitting) {
    const Held& held = context.held_[i];
    const StackOf chain(held.chain);
    if (SSL_use_cert_and_key(ssl, held.leaf.get(), held.key.get(), chain.stack, 1) != 1) return 0;
  }
  return 1;
}

// ---- what is asked of clients
// ------------------------------------------------------------------------------------

Status TlsContext::take_client_ca(const config::ListenerTls& settings) {
  if (settings.client_ca.empty()) return Done{};
  files_.push_back(stamp_of(settings.client_ca));
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(settings.client_ca.c_str());
  if (!names || SSL_CTX_load_verify_file(context_, settings.client_ca.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return broken("cannot use the client CA file " + settings.client_ca);
  }
  SSL_CTX_set_client_CA_list(context_, names);  // takes them over
  const bool required = settings.client_certificate == config::ClientCertificate::Require;
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  if (settings.crl.empty()) return Done{};
  files_.push_back(stamp_of(settings.crl));
  X509_STORE* store = SSL_CTX_get_cert_store(context_);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (!lookup || X509_load_crl_file(lookup, settings.crl.c_str(), X509_FILETYPE_PEM) < 1)
    return broken("cannot use the list of revoked certificates " + settings.crl);
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return Done{};
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_listener(const config::ListenerTls& settings) {
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* context = made->context_;
  harden(context, settings.min_version);
  if (auto held = made->hold({settings.certificate, settings.key}); !held) return std::move(held).error();
  for (const auto& files : settings.certificates) {
    if (auto held = made->hold(files); !held) return std::move(held).error();
  }
  // The first certificate, and those for the same names with other kinds of keys.
  for (std::size_t i = 0; i < made->held_.size(); ++i) {
    if (made->held_[i].names == made->held_.front().names) made->usual_.push_back(i);
  }
  // Backwards, so that of two with one kind of key the first stays.
  for (auto i = made->usual_.rbegin(); i != made->usual_.rend(); ++i) {
    if (auto used = made->use(context, made->held_[*i]); !used) return std::move(used).error();
  }
  if (made->held_.size() > 1) SSL_CTX_set_cert_cb(context, choose_certificate, made.get());
  if (auto taken = made->take_client_ca(settings); !taken) return std::move(taken).error();
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
    made->files_.push_back(stamp_of(settings.ca));
    if (SSL_CTX_load_verify_file(context, settings.ca.c_str()) != 1)
      return broken("cannot use the CA file " + settings.ca);
  } else {
    SSL_CTX_set_default_verify_paths(context);
  }
  if (!settings.certificate.empty()) {
    if (auto held = made->hold({settings.certificate, settings.key}); !held) return std::move(held).error();
    if (auto used = made->use(context, made->held_.front()); !used) return std::move(used).error();
  }
  SSL_CTX_set_verify(context, settings.verify == config::Verify::None ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_server, made.get());
  SSL_CTX_set_app_data(context, made.get());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  return std::shared_ptr<const TlsContext>(std::move(made));
}

}  // namespace winrmlb::net
