// Stream: one TCP connection of a session, plain or TLS, as non-blocking reads and writes that never suspend.
//
// Owned by the session, used on its worker's thread only. read() and write() try at once; when the kernel has
// nothing to give or to take they answer WouldBlock and arm a wait, whose end raises Signal::Io on the
// session's Wakeup. The session then simply tries again. Before a Stream dies, `co_await close()` must have
// let armed waits run out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"
#include "winrmlb/net/task.h"
#include "winrmlb/net/wakeup.h"

namespace winrmlb::net {

class TlsConnection;

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

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

/// Room for the operation of one armed wait, so that waiting allocates nothing.
struct alignas(16) WaitStorage {
  unsigned char bytes[96];
};

class Stream {
 public:
  Stream(boost::asio::io_context& io, Wakeup& wakeup);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Takes over an accepted, non-blocking socket.
  Status adopt(int descriptor, bool is_v4);
  /// Starts a connect from `source` (unspecified: the kernel chooses). Ok, WouldBlock (then ask connected()
  /// after each Io), or Failed.
  IoResult connect(const Endpoint& to);
  /// Ok once connected, WouldBlock until then, Failed with the errno.
  IoResult connected();

  /// All further reads and writes go through this TLS connection.
  void start_tls(std::unique_ptr<TlsConnection> tls);
  TlsConnection* tls() noexcept { return tls_.get(); }
  /// One step of the handshake: Ok when done, WouldBlock, or Failed.
  IoResult handshake();

  IoResult read(std::span<char> into);
  IoResult write(std::string_view bytes);

  /// No more will be sent: TLS close_notify, then FIN. Reading goes on.
  void finish_sending();
  /// The next close() sends RST instead of FIN, so that a cut answer cannot look whole.
  void reset_on_close() noexcept { reset_ = true; }
  Task<void> close();

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }

  // For TlsConnection: the bare socket.
  IoResult read_raw(std::span<char> into);
  IoResult write_raw(std::string_view bytes);

 private:
  enum class Wait : std::uint8_t { Read, Write };
  struct WaitHandler;
  void arm(Wait wait);
  void forget_writability();
  void fired(Wait wait, bool ready) noexcept;

  Wakeup& wakeup_;
  Socket socket_;
  std::unique_ptr<TlsConnection> tls_;
  int descriptor_ = -1;
  bool readable_ = true;  // false once the kernel had no more; true again when the wait fires
  bool writable_ = true;
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool connecting_ = false;
  bool reset_ = false;
  bool sent_finish_ = false;
  WaitStorage read_operation_;  // writes wait rarely, and use the heap
};

}  // namespace winrmlb::net
