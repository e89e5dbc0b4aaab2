#include "winrmlb/net/stream.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <new>
#include <sys/socket.h>

#include "winrmlb/net/sockaddr.h"
#include "winrmlb/net/tls.h"

namespace winrmlb::net {

namespace {

// A dead server must be noticed while it owes an answer, though nothing is sent: keep-alive probes after 30
// s, and unacknowledged data gives up after 20 s.
constexpr int kKeepAliveIdle = 30;
constexpr int kKeepAliveInterval = 10;
constexpr int kKeepAliveCount = 3;
constexpr int kUserTimeoutMs = 20'000;

void set_option(int descriptor, int level, int name, int value) {
  // Best effort: a kernel without one of these still relays.
  (void)::setsockopt(descriptor, level, name, &value, sizeof value);
}

// The same for both socket calls that start, end or refuse: what errno says, as an IoResult.
IoResult failed(int error) { return {IoResult::State::Failed, 0, error}; }

}  // namespace

namespace {

// Puts the operation of an armed wait into the Stream's own storage, if it has one and it fits.
template <typename T>
struct StorageAllocator {
  using value_type = T;
  WaitStorage* storage;  // null: the heap
  explicit StorageAllocator(WaitStorage* s) noexcept : storage(s) {}
  template <typename U>
  StorageAllocator(const StorageAllocator<U>& other) noexcept : storage(other.storage) {}
  bool operator==(const StorageAllocator&) const = default;

  T* allocate(std::size_t count) {
    // One wait of a kind is armed at a time, so the storage is free whenever it is asked for.
    if (storage && sizeof(T) * count <= sizeof storage->bytes) return reinterpret_cast<T*>(storage->bytes);
    return static_cast<T*>(::operator new(sizeof(T) * count));
  }
  void deallocate(T* memory, std::size_t) noexcept {
    if (!storage || reinterpret_cast<unsigned char*>(memory) != storage->bytes) ::operator delete(memory);
  }
};

}  // namespace

// What an armed wait does when it ends.
struct Stream::WaitHandler {
  Stream* stream;
  Wait wait;

  using allocator_type = StorageAllocator<char>;
  allocator_type get_allocator() const noexcept {
    return allocator_type(wait == Wait::Read ? &stream->read_operation_ : nullptr);
  }
  void operator()(const boost::system::error_code& error) const { stream->fired(wait, !error); }
};

Stream::Stream(boost::asio::io_context& io, Wakeup& wakeup) : wakeup_(wakeup), socket_(io.get_executor()) {}

Stream::~Stream() { WINRMLB_CHECK(!read_armed_ && !write_armed_); }

Status Stream::adopt(int descriptor, bool is_v4) {
  boost::system::error_code error;
  socket_.assign(is_v4 ? boost::asio::ip::tcp::v4() : boost::asio::ip::tcp::v6(), descriptor, error);
  if (error) {
    ::close(descriptor);
    return Error{ErrorCode::System, Side::Local, "cannot watch the connection: " + error.message()};
  }
  descriptor_ = descriptor;
  return Done{};
}

IoResult Stream::connect(const Endpoint& to) {
  const int descriptor = ::socket(to.address.is_v4() ? AF_INET : AF_INET6,
                                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return failed(errno);
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdle);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveInterval);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveCount);
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  const SocketAddress address(to);
  const int result = ::connect(descriptor, address.get(), address.size());
  const int error = errno;
  if (result != 0 && error != EINPROGRESS) {
    ::close(descriptor);
    return failed(error);
  }
  if (auto adopted = adopt(descriptor, to.address.is_v4()); !adopted) return failed(EMFILE);
  if (result == 0) return {};
  connecting_ = true;
  writable_ = false;
  arm(Wait::Write);
  return {IoResult::State::WouldBlock};
}

IoResult Stream::connected() {
  if (!connecting_) return {};
  if (!writable_) return {IoResult::State::WouldBlock};
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  connecting_ = false;
  if (error != 0) return failed(error);
  forget_writability();
  return {};
}

// A socket that once waited to become writable stays registered for that, and would wake us in vain at every
// wait to read. Two system calls per connection save one wake-up per exchange.
void Stream::forget_writability() {
  boost::system::error_code ignored;
  const auto protocol = socket_.local_endpoint(ignored).protocol();
  const int descriptor = socket_.release(ignored);
  socket_.assign(protocol, descriptor, ignored);
}

void Stream::start_tls(std::unique_ptr<TlsConnection> tls) {
  tls_ = std::move(tls);
  tls_->attach(*this);
}

IoResult Stream::handshake() { return tls_->handshake(); }

IoResult Stream::read(std::span<char> into) { return tls_ ? tls_->read(into) : read_raw(into); }

IoResult Stream::write(std::string_view bytes) { return tls_ ? tls_->write(bytes) : write_raw(bytes); }

IoResult Stream::read_raw(std::span<char> into) {
  if (!readable_) {
    arm(Wait::Read);
    return {IoResult::State::WouldBlock};
  }
  const auto received = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
  if (received > 0) {
    // A short read means the kernel had no more; the next look waits instead of asking in vain.
    if (static_cast<std::size_t>(received) < into.size()) readable_ = false;
    return {IoResult::State::Ok, static_cast<std::size_t>(received)};
  }
  if (received == 0) return {IoResult::State::End};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    readable_ = false;
    arm(Wait::Read);
    return {IoResult::State::WouldBlock};
  }
  return failed(errno);
}

IoResult Stream::write_raw(std::string_view bytes) {
  if (!writable_) {
    arm(Wait::Write);
    return {IoResult::State::WouldBlock};
  }
  const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) {
    if (static_cast<std::size_t>(sent) < bytes.size()) writable_ = false;
    return {IoResult::State::Ok, static_cast<std::size_t>(sent)};
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    writable_ = false;
    arm(Wait::Write);
    return {IoResult::State::WouldBlock};
  }
  return failed(errno);
}

void Stream::finish_sending() {
  if (descriptor_ < 0 || sent_finish_) return;
  sent_finish_ = true;
  if (tls_) tls_->send_close_notify();
  (void)::shutdown(descriptor_, SHUT_WR);
}

Task<void> Stream::close() {
  if (descriptor_ < 0) co_return;
  if (reset_) {
    const linger now{1, 0};
    (void)::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  } else if (tls_ && !sent_finish_) {
    tls_->send_close_notify();
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
  descriptor_ = -1;
  // Armed waits come back cancelled; they point here until then.
  while (read_armed_ || write_armed_)
    co_await wakeup_;
  tls_.reset();
}

void Stream::arm(Wait wait) {
  bool& armed = wait == Wait::Read ? read_armed_ : write_armed_;
  if (armed) return;
  armed = true;
  socket_.async_wait(wait == Wait::Read ? Socket::wait_read : Socket::wait_write, WaitHandler{this, wait});
}

void Stream::fired(Wait wait, bool ready) noexcept {
  if (wait == Wait::Read) {
    read_armed_ = false;
    if (ready) readable_ = true;
  } else {
    write_armed_ = false;
    if (ready) writable_ = true;
  }
  wakeup_.raise(Signal::Io);
}

}  // namespace winrmlb::net
