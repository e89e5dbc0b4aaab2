// Step 2, inspect: what the request says, in facts that outlive its bytes; and its head as it goes on to the
// server.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

namespace {

constexpr std::size_t kMostNoted = 256;  // of a target, for the log

// RFC 7239 4, 6: an IPv6 address is quoted and bracketed.
std::string forwarded_line(config::ForwardedField field, const IpAddress& client) {
  switch (field) {
    case config::ForwardedField::None:
      return {};
    case config::ForwardedField::XForwardedFor:
      return "X-Forwarded-For: " + client.text() + "\r\n";
    case config::ForwardedField::Forwarded:
      return client.is_v4() ? "Forwarded: for=" + client.text() + "\r\n"
                            : "Forwarded: for=\"[" + client.text() + "]\"\r\n";
  }
  return {};
}

}  // namespace

net::Task<Status> Session::inspect(Exchange& exchange) {
  const auto bytes = client_input_.bytes().substr(0, exchange.head_bytes);
  auto head = http::parse_request(bytes, snapshot_->limits, worker_.fields);
  if (!head) co_return std::move(head).error();
  const bool readable = note_request(exchange, *head);
  if (snapshot_->limits.body_bytes != 0 && head->content_length > snapshot_->limits.body_bytes) {
    co_return failure(ErrorCode::BodyTooLarge, Side::Client, "the request body is longer than the limit");
  }
  const http::BodyReader body(head->framing, head->content_length, Side::Client, snapshot_->limits);
  if (auto edited = edit_request(exchange, *head); !edited) co_return edited;
  if (exchange.brings_login && !exchange.login_is_known && is_blocked()) {
    worker_.counters.logins_blocked.add();
    co_return failure(ErrorCode::LoginBlocked, Side::Client, "too many logins failed");
  }
  exchange.request.start(exchange.head_bytes, body);
  if (readable && !body.done()) {
    BodyPeek peek(exchange.head_bytes, body);
    const bool enough =
        peek.begin(client_input_.bytes(), worker_.scanner, worker_.envelopes, exchange.charset);
    const bool stalls = !enough && exchange.expects_continue;  // it waits for a word from the server
    if (!enough && !stalls) {
      expect_within(timeouts().body_progress);
      co_await read_on(client_input_, client_, peek, false);
    }
    if (!stalls) note_message(exchange);
    if (auto fits = limit_envelope(exchange); !fits) co_return fits;
    if (may_be_sent_again(exchange)) {
      exchange.held = std::make_unique<std::string>();
      exchange.request.keep_copy(exchange.held.get(), snapshot_->settings.limits.held_bytes);
    }
  }
  co_return Done{};
}

// True: the body is SOAP that can be read.
bool Session::note_request(Exchange& exchange, const http::RequestHead& head) {
  exchange.method = head.method;
  exchange.target = head.target.substr(0, kMostNoted);
  exchange.client_keeps = head.keep_alive;
  exchange.expects_continue = head.expects_continue;
  bool readable = false;
  bool encoded = false;
  // A connection-bound login goes for all that follows on the connection; any other for its exchange.
  if (!bound_) scheme_ = winrm::Scheme::None;
  winrm::LoginRequest login{.channel = listener().tls ? winrm::Channel::Tls : winrm::Channel::Plain};
  for (const auto& field : worker_.fields.all()) {
    if (field.known == http::FieldName::Authorization) {
      exchange.login_hash = std::hash<std::string_view>{}(field.value);
      exchange.login_is_known = exchange.login_hash == accepted_login_;
      if (exchange.login_is_known) {
        login.credentials = {winrm::Scheme::Basic, winrm::Token::Opaque, {}};
        scheme_ = winrm::Scheme::Basic;
      } else {
        login.credentials = winrm::read_authorization(field.value);
        note_login(login.credentials);
      }
    } else if (field.known == http::FieldName::ContentType) {
      const auto type = winrm::read_content_type(field.value);
      exchange.sealed = type.sealed;
      if (exchange.sealed) bound_ = true;
      readable = type.soap;
      exchange.charset = type.charset;
    } else if (field.known == http::FieldName::ContentEncoding) {
      encoded = true;
    }
  }
  pass_door(exchange, head, login.credentials);
  const bool empty = head.framing == http::Framing::None ||
                     (head.framing == http::Framing::Length && head.content_length == 0);
  login.payload = empty             ? winrm::Payload::Nothing
                  : exchange.sealed ? winrm::Payload::Sealed
                  : readable        ? winrm::Payload::Soap
                                    : winrm::Payload::Other;
  login_.request(login);
  exchange.brings_login = login.credentials.scheme != winrm::Scheme::None;
  if (!bound_ && !exchange.brings_login) user_.clear();
  return readable && !encoded && pool().settings().shells.scan;
}

void Session::note_login(const winrm::Credentials& credentials) {
  scheme_ = credentials.scheme;
  if (winrm::binds(credentials.scheme)) bound_ = true;
  if (auto user = winrm::user_of(credentials)) {
    user_ = std::move(*user);
  } else if (!login_.is_handshaking()) {
    user_.clear();
  }
}

bool Session::is_blocked() const {
  return worker_.login_guard && !user_.empty() && worker_.login_guard->blocked(who(), worker_.now());
}

// Takes out what ends at a proxy and adds the client's address where that is asked for. Nothing is added to
// an exchange that carries a connection-bound login or a sealed message.
Status Session::edit_request(Exchange& exchange, const http::RequestHead& head) {
  if (exchange.error) return Error(*exchange.error);  // at the door
  http::Edit edit(head.bytes);
  if (auto removed = http::remove_hop_by_hop(edit, worker_.fields, Side::Client); !removed) return removed;
  if (!take_out_cookies(exchange, edit))
    return Error{ErrorCode::BadRequest, Side::Client, "too many cookies"};
  std::string added;
  if (listener().settings.forwarded != config::ForwardedField::None) {
    for (const auto& field : worker_.fields.all()) {
      const bool claims_address =
          field.known == http::FieldName::XForwardedFor || field.known == http::FieldName::Forwarded;
      if (claims_address && !edit.remove(field.line)) {
        return Error{ErrorCode::BadRequest, Side::Client, "too many forwarding fields"};
      }
    }
    if (!bound_) added = forwarded_line(listener().settings.forwarded, client_endpoint_.address);
    if (!added.empty()) edit.add(added);
  }
  return replace_head(client_input_, edit, exchange.head_bytes)
             ? Status(Done{})
             : Status(Error{ErrorCode::HeadTooLarge, Side::Client, "no room for the edited request head"});
}

// Puts the edited head in place of the one that came, so that it leaves together with the first bytes of the
// body.
bool Session::replace_head(net::Input& input, http::Edit& edit, std::size_t& head_bytes) {
  if (edit.bytes() == head_bytes) return true;  // untouched
  worker_.edited_head.clear();
  for (const auto piece : edit.pieces())
    worker_.edited_head.append(piece);
  if (!input.replace_front(head_bytes, worker_.edited_head)) return false;
  head_bytes = worker_.edited_head.size();
  return true;
}

}  // namespace winrmlb::proxy
