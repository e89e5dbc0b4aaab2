// TLS on OpenSSL: contexts made at load, connections over a BIO of our own on the session's Stream.
//
// A TlsContext is immutable and shared by all workers (its session cache and ticket keys are OpenSSL's,
// locked there); a TlsConnection belongs to one Stream. Record buffers are given back while a connection
// waits (SSL_MODE_RELEASE_BUFFERS), ALPN offers http/1.1 only (integrated logins do not work over HTTP/2),
// renegotiation and early data are off. RFC 8446, RFC 5246, RFC 7301.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/net/stream.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace winrmlb::net {

/// The last TLS session with each server, so that a new connection to it needs no full handshake (RFC
/// 8446 2.2), and all of them share one copy of its certificates. Locked; used at handshakes only.
class TlsSessions {
 public:
  TlsSessions() = default;
  ~TlsSessions();
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  void keep(const std::string& host, ssl_session_st* session);  // takes it over
  void offer(const std::string& host, ssl_st* to);

 private:
  std::mutex lock_;
  std::map<std::string, ssl_session_st*> sessions_;
};

/// The leaf certificates that servers have shown, by host. Locked; written at full handshakes only.
class TlsLeaves {
 public:
  void note(const std::string& host, const std::string& sha256);
  std::optional<std::string> of(const std::string& host) const;

 private:
  mutable std::mutex lock_;
  std::map<std::string, std::string> sha256_;
};

/// A certificate that a context shows.
struct CertificateInfo {
  std::string file;
  std::string names;   // of whom it speaks: "lb.example.net, *.example.org"
  std::string sha256;  // of the leaf, lower-case hexadecimal
  WallTime ends;
};

/// A file as it was when a context read it.
struct FileStamp {
  std::string path;
  std::uint64_t inode = 0;
  std::int64_t size = -1;     // -1: it is not there
  std::int64_t modified = 0;  // in nanoseconds
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stamp_of(const std::string& path);

class TlsContext {
 public:
  /// For a listener. Errors name the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsContext>> for_listener(const config::ListenerTls& settings);
  /// Towards the servers of a pool.
  static Result<std::shared_ptr<const TlsContext>> for_servers(const config::ServerTls& settings);

  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* native() const noexcept { return context_; }
  const config::ServerTls& server_settings() const noexcept { return server_settings_; }
  TlsSessions& sessions() const noexcept { return sessions_; }
  TlsLeaves& leaves() const noexcept { return leaves_; }
  /// What it shows: a listener's certificates, or the one for servers that ask.
  const std::vector<CertificateInfo>& certificates() const noexcept { return certificates_; }
  /// The files that it was made of, as they were.
  const std::vector<FileStamp>& files() const noexcept { return files_; }

 private:
  struct Held;
  explicit TlsContext(ssl_ctx_st* context);
  Status hold(const config::CertificateFiles& files);
  Status take_client_ca(const config::ListenerTls& settings);
  Status use(ssl_ctx_st* context, const Held& held) const;
  static int choose_certificate(ssl_st* ssl, void* self);

  ssl_ctx_st* context_;
  config::ServerTls server_settings_;
  std::vector<Held> held_;          // chosen from by SNI
  std::vector<std::size_t> usual_;  // of them, those for clients that name nobody we know
  std::vector<CertificateInfo> certificates_;
  std::vector<FileStamp> files_;
  mutable TlsSessions sessions_;
  mutable TlsLeaves leaves_;
};

class TlsConnection {
 public:
  /// The side that answers a client.
  static std::unique_ptr<TlsConnection> accept(std::shared_ptr<const TlsContext> context);
  /// The side that opens a connection to the server `host`; verifies `server_name` of the settings, else
  /// `host`.
  /// Without `Resume::Yes` the server shows its certificate anew, whatever was agreed before.
  enum class Resume : std::uint8_t { No, Yes };
  static std::unique_ptr<TlsConnection> connect(std::shared_ptr<const TlsContext> context,
                                                const std::string& host, Resume resume = Resume::Yes);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  void attach(Stream& stream);
  IoResult handshake();
  IoResult read(std::span<char> into);
  /// Nothing is left of what it has read from the socket, and it owes the socket nothing: without new bytes
  /// there, read() has nothing to give. OpenSSL would take a buffer, ask, and give it back to find that out.
  bool is_drained() const noexcept;
  IoResult write(std::string_view bytes);
  void send_close_notify();

  /// What failed, for people: OpenSSL's reason, or for a server certificate the reason, what would help, the
  /// SHA-256 presented and the three settings that would accept it.
  std::string failure() const;
  std::string_view version() const noexcept;  // "TLSv1.3"
  /// The name that the client asked for (RFC 6066 3); empty if none.
  std::string server_name() const;
  bool resumed() const noexcept;
  /// The certificate that the other side showed, if it did; no file.
  std::optional<CertificateInfo> certificate() const;
  /// When it ends.
  std::optional<WallTime> certificate_end() const;
  /// Of the other side's certificate, for a login that is bound to the channel: "tls-server-end-point:" and a
  /// hash (RFC 5929 4). Empty if it showed none.
  std::string server_end_point() const;

 private:
  explicit TlsConnection(std::shared_ptr<const TlsContext> context);
  IoResult explain(int result);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* ssl_;
  Stream* stream_ = nullptr;
  std::string failure_;
  bool established_ = false;  // the handshake has been done; OpenSSL forgets that after an error
};

}  // namespace winrmlb::net
