// The scripted ends between which a scenario puts the balancer: blocking POSIX sockets, plain or TLS, with
// receive timeouts instead of sleeps. Used by one thread each.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "winrmlb/core/address.h"

struct ssl_ctx_st;
struct ssl_st;

namespace winrmlb::scenarios {

/// How a connection stands after the last read.
enum class Ended : std::uint8_t { No, Finished, Reset, TimedOut };
std::string_view name_of(Ended ended);

/// One message as it came.
struct Message {
  std::string head;  // with its empty line; empty: none came
  std::string body;  // without chunk framing
  std::string raw_body;
  bool whole = false;
  int status = 0;  // of a response
  std::string start_line() const { return head.substr(0, head.find("\r\n")); }
  /// The value of the first field of that name, without surrounding blanks.
  std::optional<std::string> field(std::string_view name) const;
};

/// A connected socket and what has come on it.
class End {
 public:
  End() = default;
  /// `guard`: taken while the descriptor is closed, for those who touch it from another thread.
  explicit End(int descriptor, std::mutex* guard = nullptr);
  End(End&& other) noexcept;
  End& operator=(End&&) = delete;
  ~End();

  void set_patience(std::chrono::milliseconds patience);
  /// False: the other side is gone.
  bool send(std::string_view bytes);
  /// Sends of `piece` at most `left` bytes, once, and takes what was sent off `left`. False: nothing was
  /// taken in time.
  bool send_some(std::string_view piece, std::size_t& left);
  /// The next bytes; empty when there are none any more, see ended().
  std::string read_some(std::size_t most = 64 * 1024);
  std::string read(std::size_t bytes);
  std::string read_until(std::string_view last);
  /// Reads that many bytes and forgets them; how many came.
  std::size_t skip(std::size_t bytes);
  /// All until the other side ends, see ended().
  std::string read_to_end();
  Message read_request();
  /// `bodiless`: the answer to a HEAD.
  enum class Bodiless : bool { No, Yes };
  Message read_response(Bodiless bodiless = Bodiless::No);

  void finish_sending();
  void close();
  void reset();
  Ended ended() const noexcept { return ended_; }
  std::uint64_t received() const noexcept { return received_; }
  int descriptor() const noexcept { return descriptor_; }
  /// Waits for the first byte or the end, and takes nothing.
  bool has_byte() const;

  /// The TLS handshake, by a context of the caller's; false: it failed.
  bool accept_tls(ssl_ctx_st* context);
  bool connect_tls(ssl_ctx_st* context, const std::string& host);
  ssl_st* tls() const noexcept { return tls_; }

 private:
  bool fill();
  Message read_message(bool response, Bodiless bodiless);
  void read_chunks(Message& message);
  std::string take(std::size_t bytes);

  int descriptor_ = -1;
  std::mutex* guard_ = nullptr;
  ssl_st* tls_ = nullptr;
  std::string buffer_;
  std::uint64_t received_ = 0;
  Ended ended_ = Ended::No;
};

/// A client, connected from `source`.
class Client : public End {
 public:
  explicit Client(const Endpoint& to, const char* source = "127.0.0.1");
  /// Nothing if it is not connected in that time.
  static std::optional<Client> try_to_connect(const Endpoint& to, std::chrono::milliseconds within);
  /// Sends and reads the answer.
  Message ask(std::string_view request);

 private:
  explicit Client(int descriptor) : End(descriptor) {}
};

/// A POST with a body of that content; `fields` are complete lines.
std::string post(std::string_view body, std::string_view fields = {});
/// A 200 with a body of that content.
std::string ok(std::string_view body, std::string_view fields = {});

inline constexpr std::string_view kBasic = "Authorization: Basic dXNlcjpwYXNz\r\n";
inline constexpr std::string_view kNegotiate = "Authorization: Negotiate YII=\r\n";

}  // namespace winrmlb::scenarios
