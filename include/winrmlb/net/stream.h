// Stream: one TCP connection of a session, plain or TLS, as non-blocking reads and writes that never suspend.
//
// Owned by the session, used on its worker's thread only. read() and write() try at once; when the kernel has
// nothing to give or to take they answer WouldBlock and arm a wait, whose end raises Signal::Io on the
// session's Wakeup. The session then simply tries again. Scope is ownership: a Stream that dies closes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/net/wakeup.h"

namespace winrmlb::net {

class TlsConnection;

struct IoResult {
  enum class State : std::uint8_t {
    Ok,          // `bytes` were moved
    WouldBlock,  // armed; Signal::Io will come
    End,         // the other side has finished sending (TLS: said so)
    Truncated,   // TLS only: the connection ended without saying so
    Failed,      // `error`
  };
  State state = State::Ok;
  std::size_t bytes = 0;
  int error = 0;  // errno; 0 with Failed: a TLS error, see TlsConnection::failure()
};

class Stream final : private Polled {
 public:
  Stream(Poller& poller, Wakeup& wakeup);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Takes over an accepted, non-blocking socket.
  Status adopt(int descriptor);
  /// Starts a connect from `source` (nothing: the kernel chooses). Ok, WouldBlock (then ask connected()
  /// after each Io), or Failed.
  IoResult connect(const Endpoint& to, const std::optional<IpAddress>& source = {});
  /// Ok once connected, WouldBlock until then, Failed with the errno.
  IoResult connected();

  /// All further reads and writes go through this TLS connection.
  void start_tls(std::unique_ptr<TlsConnection> tls);
  TlsConnection* tls() noexcept { return tls_.get(); }
  /// One step of the handshake: Ok when done, WouldBlock, or Failed.
  IoResult handshake();

  IoResult read(std::span<char> into);
  /// True: a read would say WouldBlock, as far as can be known without one; it is armed as if it had.
  bool awaits_input() noexcept;
  IoResult write(std::string_view bytes);

  /// No more will be sent: TLS close_notify, then FIN. Reading goes on.
  void finish_sending();
  /// The next close() sends RST instead of FIN, so that a cut answer cannot look whole.
  void reset_on_close() noexcept { reset_ = true; }
  void close();

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }

  // For TlsConnection: the bare socket.
  IoResult read_raw(std::span<char> into);
  IoResult write_raw(std::string_view bytes);

 private:
  Status watch(int descriptor);
  void ready(std::uint32_t events) override;

  Wakeup& wakeup_;
  Poller& poller_;
  std::unique_ptr<TlsConnection> tls_;
  int descriptor_ = -1;
  bool readable_ = false;       // there may be something to read; false once the kernel had no more
  bool writable_ = false;       // there may be room to write
  bool end_announced_ = false;  // no more will come than what the kernel holds
  bool read_armed_ = false;     // a read has answered WouldBlock
  bool write_armed_ = false;
  bool connecting_ = false;
  bool reset_ = false;
  bool sent_finish_ = false;
};

}  // namespace winrmlb::net
