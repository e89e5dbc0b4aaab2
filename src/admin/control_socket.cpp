#include "winrmlb/admin/control_socket.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "accept_loop.h"
#include "winrmlb/admin/status.h"

namespace winrmlb::admin {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::local::stream_protocol;

namespace {

constexpr std::size_t kMostRequest = 64 * 1024;
constexpr seconds kRequestWithin{10};

json::object failure(std::string_view what) {
  json::object answer;
  answer["error"] = json::string(what.data(), what.size());
  return answer;
}

// The kernel's word for who connected (unix(7), SO_PEERCRED).
bool is_owner(int descriptor) {
  ucred who{};
  socklen_t length = sizeof who;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 &&
         (who.uid == 0 || who.uid == ::geteuid());
}

enum class Asker : std::uint8_t { Owner, Group };

json::object answer_to(const json::object& request, const Verbs& verbs, Asker asker) {
  const auto* command = request.if_contains("command");
  if (!command || !command->is_string()) return failure("the request names no command");
  const std::string_view name = command->get_string();
  if (name == "status") return status(verbs.view());
  if (name == "explain") {
    auto explained = explain(verbs.view(), request);
    return explained ? std::move(*explained) : failure(explained.error().detail);
  }
  if (name == "drain_status") {
    const auto asked = read_mode_change(request, config::ServerMode::Drain);
    if (!asked) return failure(asked.error().detail);
    const auto drain = verbs.drain(*asked);
    return drain ? to_json(*drain) : failure(drain.error().detail);
  }
  if (asker != Asker::Owner) return failure("this takes root, or the user that winrm-lb runs as");
  if (name == "reload") {
    const auto reloaded = verbs.reload();
    if (!reloaded) return failure(reloaded.error().detail);
    json::object answer;
    answer["revision"] = verbs.view().snapshot->revision;
    return answer;
  }
  for (const auto mode :
       {config::ServerMode::Drain, config::ServerMode::Ready, config::ServerMode::Maintenance}) {
    if (name != name_of(mode)) continue;
    const auto change = read_mode_change(request, mode);
    if (!change) return failure(change.error().detail);
    if (const auto changed = verbs.change_mode(*change); !changed) return failure(changed.error().detail);
    const auto drain = verbs.drain(*change);
    return drain ? to_json(*drain) : failure(drain.error().detail);
  }
  return failure("there is no command " + std::string(name));
}

json::object answer_to(std::string_view line, const Verbs& verbs, Asker asker) {
  boost::system::error_code error;
  const auto request = json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !request.is_object()) return failure("the request is not a JSON object");
  return answer_to(request.get_object(), verbs, asker);
}

// One request and its answer.
asio::awaitable<void> serve(boost::beast::basic_stream<stream_protocol> stream, Verbs verbs) {
  boost::system::error_code error;
  stream.expires_after(kRequestWithin);
  std::string request;
  const auto bytes = co_await asio::async_read_until(stream, asio::dynamic_buffer(request, kMostRequest),
                                                     '\n', asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  const auto asker = is_owner(stream.socket().native_handle()) ? Asker::Owner : Asker::Group;
  const std::string answer =
      json::serialize(answer_to(std::string_view(request).substr(0, bytes - 1), verbs, asker)) + "\n";
  co_await asio::async_write(stream, asio::buffer(answer), asio::redirect_error(asio::use_awaitable, error));
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
  Impl(asio::io_context& io, Verbs lent) : verbs(std::move(lent)), acceptor(io), pause(io) {}
  Verbs verbs;
  stream_protocol::acceptor acceptor;
  asio::steady_timer pause;
  std::string path;
  std::string stands_at;  // the same, or a name beside it until replace()
  ino_t file = 0;         // another process may have put a socket of its own there
};

ControlSocket::ControlSocket(asio::io_context& io, Verbs verbs) : impl_(new Impl(io, std::move(verbs))) {}

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
  const auto start = [this](stream_protocol::socket socket) {
    return serve(boost::beast::basic_stream<stream_protocol>(std::move(socket)), impl_->verbs);
  };
  asio::co_spawn(impl_->acceptor.get_executor(), accept_all(impl_->acceptor, impl_->pause, start),
                 asio::detached);
  return Done{};
}

void ControlSocket::replace() {
  if (!impl_->acceptor.is_open() || impl_->stands_at == impl_->path) return;
  if (::rename(impl_->stands_at.c_str(), impl_->path.c_str()) == 0) impl_->stands_at = impl_->path;
}

void ControlSocket::close() {
  if (!impl_->acceptor.is_open()) return;
  impl_->acceptor.close();
  impl_->pause.cancel();
  if (file_at(impl_->stands_at) == impl_->file) ::unlink(impl_->stands_at.c_str());
}

}  // namespace winrmlb::admin
