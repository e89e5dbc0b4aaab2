// One client connection: requests are read, logged in, opened, executed, sealed and answered, one after the
// other.
//
// The shape of the answers is that of http.sys: an empty reason phrase, Server, Date and Content-Length. The
// login belongs to the connection (login.h).
#include <ctime>
#include <memory>
#include <poll.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/answer.h"
#include "winrmlb/sim/server.h"
#include "winrmlb/sim/watch.h"

namespace winrmlb::sim {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;
using Request = http::request<http::string_body>;
using Parser = http::request_parser<http::string_body>;

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kMostBody = 32ULL * 1024 * 1024;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

template <typename Stream>
class Connection {
 public:
  Connection(Server& server, Stream& stream, std::string port)
      : server_(server),
        stream_(stream),
        port_(std::move(port)),
        login_(server.authority(), port_ == "https" ? server.tls_channel() : ""),
        sockets_(server.sockets()),
        number_(server.next_connection()) {
    (*sockets_)[number_] = &socket();
    beast::error_code error;
    const auto other_end = socket().remote_endpoint(error);
    if (!error) {
      address_ = other_end.address().to_string();
      from_ = other_end.address().is_v6() ? "[" + address_ + "]" : address_;
      from_ += ":" + std::to_string(other_end.port());
    }
    socket().set_option(Tcp::no_delay(true), error);
  }
  ~Connection() { sockets_->erase(number_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  awaitable<void> serve() {
    while (co_await exchange()) {
    }
    beast::error_code ignored;
    socket().shutdown(Tcp::socket::shutdown_both, ignored);
  }

 private:
  Tcp::socket& socket() { return beast::get_lowest_layer(stream_).socket(); }

  // One request and its answer; false ends the connection.
  awaitable<bool> exchange() {
    Parser parser;
    parser.body_limit(kMostBody);
    parser.header_limit(64 * 1024);
    Answer answer;
    const unsigned refused = co_await read(parser);
    if (refused == 1) co_return false;
    if (refused != 0) {
      answer = plain_refusal(refused);
    } else {
      begin_entry(parser.get());
      co_await answer_to(parser.get(), answer);
      answer.close = answer.close || !parser.get().keep_alive();
    }
    const bool kept = co_await write(answer);
    if (Seen* seen = server_.journal().find(entry_)) {
      seen->status = answer.status;
      seen->answered = server_.uptime();
    }
    co_return kept && !answer.close;
  }

  // 0: read; 1: the connection is over; else the status to refuse with.
  awaitable<unsigned> read(Parser& parser) {
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_after(server_.options().timers.idle_connection);
    auto [error, bytes] = co_await http::async_read_header(stream_, buffer_, parser, kQuietly);
    if (!error && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream_, asio::buffer(kContinue), kQuietly);
    }
    if (!error && !parser.is_done()) {
      std::tie(error, bytes) = co_await http::async_read(stream_, buffer_, parser, kQuietly);
    }
    lowest.expires_never();
    if (!error) co_return 0U;
    if (error == http::error::body_limit) co_return 413U;
    const bool malformed = error.category() == http::make_error_code(http::error::bad_method).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    co_return malformed ? 400U : 1U;
  }

  void begin_entry(const Request& request) {
    Seen seen;
    seen.received = server_.uptime();
    seen.connection = number_;
    seen.from = from_;
    seen.port = port_;
    seen.target = std::string(view(request.target()));
    seen.user_agent = std::string(view(request[http::field::user_agent]));
    const auto forwarded = request.find("X-Forwarded-For");
    seen.forwarded_for =
        std::string(view(forwarded != request.end() ? forwarded->value() : request[http::field::forwarded]));
    entry_ = server_.journal().add(std::move(seen));
  }

  awaitable<void> answer_to(const Request& request, Answer& answer) {
    if (const auto mode = server_.trouble().strike("", port_); mode != TroubleMode::None) {
      co_await troubled(mode, answer);
      co_return;
    }
    const auto path = view(request.target()).substr(0, view(request.target()).find('?'));
    const bool anonymous_path = equals_ignoring_case(path, "/wsman-anon/identify");
    if (!anonymous_path && !equals_ignoring_case(path, "/wsman")) {
      answer = plain_refusal(404);
      co_return;
    }
    if (request.method() != http::verb::post) {
      answer = plain_refusal(405);
      co_return;
    }

    const auto authorization = view(request[http::field::authorization]);
    const bool anonymous = anonymous_path || (authorization.empty() && !login_.established() &&
                                              beast::iequals(request["WSMANIDENTIFY"], "unauthenticated"));
    if (anonymous) {
      std::optional<EncryptedBody> clear;
      const std::string nobody;
      co_await execute(request.body(), nobody, clear, answer);
      co_return;
    }

    LoginStep step;
    if (!authorization.empty()) {
      step = login_.offer(authorization);
    } else if (login_.established()) {
      step = {LoginState::Granted, login_.user(), login_.scheme(), "", ""};
    }
    if (Seen* seen = server_.journal().find(entry_)) {
      seen->scheme = step.scheme;
      seen->user = step.user;
      seen->refusal = step.trouble;
    }
    if (!step.answer.empty()) answer.authenticate.push_back(step.answer);
    if (step.state != LoginState::Granted) {
      answer.status = 401;
      if (step.state == LoginState::Refused) answer.authenticate = server_.authority().offers();
      co_return;
    }
    co_await opened(request, step, answer);
  }

  // The login is fine: opens what is sealed, and refuses what should have been sealed.
  awaitable<void> opened(const Request& request, const LoginStep& step, Answer& answer) {
    const auto type = view(request[http::field::content_type]);
    if (request.body().empty()) co_return;  // the last leg of a login: an empty 200
    std::optional<EncryptedBody> encrypted;
    std::string clear;
    if (starts_with_ignoring_case(type, "multipart/")) {
      encrypted = read_encrypted(request.body());
      auto text = encrypted ? login_.open(encrypted->sealed) : std::nullopt;
      if (!text) {
        answer = plain_refusal(400);
        co_return;
      }
      clear = std::move(*text);
    } else if (port_ == "http" && !server_.options().allow_unencrypted) {
      answer.status = 401;
      answer.authenticate = server_.authority().offers();
      co_return;
    }
    if (Seen* seen = server_.journal().find(entry_)) seen->sealed = encrypted.has_value();
    const std::string& text = encrypted ? clear : request.body();
    co_await execute(text, step.user, encrypted, answer);
  }

  // Reads the envelope, lets the service work, and seals the answer if the request was sealed.
  awaitable<void> execute(const std::string& body, const std::string& user,
                          std::optional<EncryptedBody>& encrypted, Answer& answer) {
    auto request = parse_request(body);
    const bool utf16 =
        body.size() > 1 && (body[0] == '\0' || body[1] == '\0' || body[0] == '\xff' || body[0] == '\xfe');
    Reply reply;
    TroubleMode mode = TroubleMode::None;
    if (!request) {
      reply = server_.service().fault({}, Fault::SchemaViolation);
    } else if (body.size() > server_.options().quotas.envelope_bytes) {
      reply = server_.service().fault(*request, Fault::EnvelopeTooLarge);
    } else if (user.empty() && request->action != Action::Identify) {
      answer.status = 401;
      answer.authenticate = server_.authority().offers();
      co_return;
    } else {
      note(*request);
      mode = server_.trouble().strike(name_of(request->action), port_);
      if (mode == TroubleMode::Hang || mode == TroubleMode::Close || mode == TroubleMode::Unavailable) {
        co_await troubled(mode, answer);
        co_return;
      }
      if (mode == TroubleMode::Quota) {
        reply = server_.service().fault(*request, quota_fault());
      } else {
        co_await handled(*request, user, reply);
      }
    }
    note(reply, mode);
    answer.trouble = reply.status == 0 ? TroubleMode::Close : mode;
    answer.status = reply.status;
    answer.content_type = utf16 ? kSoapUtf16 : kSoapUtf8;
    answer.body = utf16 ? utf16le_from_utf8(reply.envelope) : std::move(reply.envelope);
    if (encrypted && !seal(*encrypted, answer)) answer = plain_refusal(400);
  }

  awaitable<void> handled(const SoapRequest& request, const std::string& user, Reply& reply) {
    const auto state = std::make_shared<Watch>();
    const bool polls = request.action == Action::Receive;
    if (polls) asio::co_spawn(socket().get_executor(), watch(state, socket()), asio::detached);
    const Caller caller{user, address_};
    co_await server_.service().handle(request, caller, state->hangup, reply);
    state->over = true;
    if (polls) {
      beast::error_code ignored;
      socket().cancel(ignored);  // ends the watch: nothing else is under way on this socket
    }
  }

  bool seal(EncryptedBody& encrypted, Answer& answer) {
    auto sealed = login_.seal(answer.body);
    if (!sealed) return false;
    encrypted.content_type = answer.content_type;
    encrypted.clear_bytes = answer.body.size();
    encrypted.sealed = std::move(*sealed);
    answer.body = write_encrypted(encrypted);
    answer.content_type =
        "multipart/encrypted;protocol=\"" + encrypted.protocol + "\";boundary=\"Encrypted Boundary\"";
    return true;
  }

  Fault quota_fault() const {
    for (const auto fault : {Fault::QuotaOperations, Fault::QuotaSystem, Fault::QuotaShellUsers}) {
      if (facts_of(fault).code == server_.trouble().code) return fault;
    }
    return Fault::QuotaShells;
  }

  void note(const SoapRequest& request) {
    Seen* seen = server_.journal().find(entry_);
    if (seen == nullptr) return;
    seen->operation = name_of(request.action);
    seen->resource = request.resource_uri;
    seen->message_id = request.message_id;
    seen->operation_id = request.operation_id;
    seen->session_id = request.session_id;
    seen->shell_id = request.shell_id;
  }

  void note(const Reply& reply, TroubleMode mode) {
    Seen* seen = server_.journal().find(entry_);
    if (seen == nullptr) return;
    if (!reply.shell_id.empty()) seen->shell_id = reply.shell_id;
    seen->command_id = reply.command_id;
    seen->fault = reply.fault_code;
    if (mode != TroubleMode::None) seen->trouble = name_of(mode);
    if (reply.executed && !seen->message_id.empty()) server_.journal().note_executed(*seen);
  }

  // Troubles that execute nothing.
  awaitable<void> troubled(TroubleMode mode, Answer& answer) {
    if (Seen* seen = server_.journal().find(entry_)) seen->trouble = name_of(mode);
    if (mode == TroubleMode::Unavailable) {
      answer = plain_refusal(503);
      co_return;
    }
    if (mode == TroubleMode::Hang) {
      const auto state = std::make_shared<Watch>();
      asio::steady_timer timer(socket().get_executor(), TimePoint::max());
      state->hangup.wake = [&timer] { timer.cancel(); };
      asio::co_spawn(socket().get_executor(), watch(state, socket()), asio::detached);
      while (!state->hangup.gone)
        co_await timer.async_wait(kQuietly);
      state->over = true;
    }
    answer.trouble = TroubleMode::Close;
    answer.status = 0;
  }

  // False: the connection is not to be used further.
  awaitable<bool> write(const Answer& answer) {
    if (answer.trouble == TroubleMode::Close) co_return false;
    if (answer.trouble == TroubleMode::ResetBefore) co_return reset();
    if (answer.trouble == TroubleMode::Slow) {
      asio::steady_timer pause(socket().get_executor(), server_.trouble().delay);
      co_await pause.async_wait(kQuietly);
    }
    const std::string head = head_of(answer);
    std::string_view body = answer.body;
    if (answer.trouble == TroubleMode::Reset) body = body.substr(0, body.size() / 2);
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_after(server_.options().timers.idle_connection);
    const auto [error, bytes] = co_await asio::async_write(stream_, parts, kQuietly);
    lowest.expires_never();
    if (error) co_return false;
    if (answer.trouble == TroubleMode::Reset) co_return reset();
    co_return true;
  }

  bool reset() {
    beast::error_code ignored;
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
    socket().close(ignored);
    return false;
  }

  Server& server_;
  Stream& stream_;
  std::string port_;
  Login login_;
  std::shared_ptr<Server::Sockets> sockets_;
  std::uint64_t number_;
  std::string address_;
  std::string from_;
  std::uint64_t entry_ = 0;
  beast::flat_buffer buffer_;
};

}  // namespace

awaitable<void> serve_plain(Server& server, Tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  Connection<beast::tcp_stream> connection(server, stream, "http");
  co_await connection.serve();
}

awaitable<void> serve_tls(Server& server, Tcp::socket socket) {
  asio::ssl::stream<beast::tcp_stream> stream(beast::tcp_stream(std::move(socket)), server.tls());
  beast::get_lowest_layer(stream).expires_after(seconds(30));
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kQuietly);
  if (error) co_return;
  Connection<asio::ssl::stream<beast::tcp_stream>> connection(server, stream, "https");
  co_await connection.serve();
}

}  // namespace winrmlb::sim
