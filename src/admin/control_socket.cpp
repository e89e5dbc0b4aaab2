#include "winrmlb/admin/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>

#include "accept_loop.h"
#include "http_connection.h"

namespace winrmlb::admin {

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace {

// Who may connect at all is up to the socket's permissions.
Caller caller_of(int descriptor) {
  Caller caller{.may = Caller::May::Read,
                .who = "unknown",
                .from = "control socket",
                .proof = Caller::Proof::Socket,
                .refused = {}};
  ucred who{};
  socklen_t length = sizeof who;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return caller;
  caller.who = "uid " + std::to_string(who.uid);
  caller.from += ", pid " + std::to_string(who.pid);
  if (who.uid == 0 || who.uid == ::geteuid()) caller.may = Caller::May::Change;
  return caller;
}

ino_t file_at(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

Error refused(const std::string& path, const std::string& why) {
  return {ErrorCode::System, Side::Local, "cannot open the control socket " + path + ": " + why};
}

}  // namespace

struct ControlSocket::Impl {
  Impl(asio::io_context& io, Api& lent) : api(lent), acceptor(io), pause(io) {}

  asio::awaitable<void> serve(stream_protocol::socket socket);

  Api& api;
  stream_protocol::acceptor acceptor;
  asio::steady_timer pause;
  std::string path;
  std::string stands_at;  // the same, or a name beside it until replace()
  ino_t file = 0;         // another process may have put a socket of its own there
  std::shared_ptr<OpenConnections> open = std::make_shared<OpenConnections>();
};

asio::awaitable<void> ControlSocket::Impl::serve(stream_protocol::socket socket) {
  const Caller caller = caller_of(socket.native_handle());
  const Doorman doorman{.caller = [caller](const Presented&) { return caller; },
                        .refuse = [](const Presented&) { return std::optional<ApiAnswer>(); }};
  const auto connections = open;  // outlives the server, should it be destroyed first
  co_await serve_http(std::move(socket), nullptr, api, doorman, *connections);
}

ControlSocket::ControlSocket(asio::io_context& io, Api& api) : impl_(new Impl(io, api)) {}

ControlSocket::~ControlSocket() = default;

Status ControlSocket::open(const std::string& path, Replace how) {
  boost::system::error_code error;
  // A socket that nobody answers on is left over from a process that ended badly.
  const std::string here = how == Replace::Later ? path + "." + std::to_string(::getpid()) : path;
  if (here.size() >= sizeof(sockaddr_un::sun_path)) return refused(here, "the path is too long for a socket");
  stream_protocol::socket probe(impl_->acceptor.get_executor());
  probe.connect(stream_protocol::endpoint(here), error);
  if (!error) return refused(path, "another process answers on it");
  if (error == asio::error::connection_refused) ::unlink(here.c_str());

  impl_->acceptor.open(stream_protocol(), error);
  if (error) return refused(path, error.message());
  const mode_t mask = ::umask(0117);  // owner and group only
  impl_->acceptor.bind(stream_protocol::endpoint(here), error);
  ::umask(mask);
  if (!error) impl_->acceptor.listen(16, error);
  if (error) return refused(path, error.message());
  impl_->path = path;
  impl_->stands_at = here;
  impl_->file = file_at(here);
  const auto start = [this](stream_protocol::socket socket) { return impl_->serve(std::move(socket)); };
  asio::co_spawn(impl_->acceptor.get_executor(), accept_all(impl_->acceptor, impl_->pause, start),
                 asio::detached);
  return Done{};
}

void ControlSocket::replace() {
  if (!impl_->acceptor.is_open() || impl_->stands_at == impl_->path) return;
  if (::rename(impl_->stands_at.c_str(), impl_->path.c_str()) == 0) impl_->stands_at = impl_->path;
}

void ControlSocket::close() {
  impl_->open->end_all();
  if (!impl_->acceptor.is_open()) return;
  impl_->acceptor.close();
  impl_->pause.cancel();
  if (file_at(impl_->stands_at) == impl_->file) ::unlink(impl_->stands_at.c_str());
}

}  // namespace winrmlb::admin
