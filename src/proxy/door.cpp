// The door: who may come in. Before the first exchange the PROXY header, the rules of the listener and TLS;
// with each request, what the listener is for.
//
// Whoever is refused is counted with the reason, and answered where HTTP allows: on plain listeners with a
// SOAP fault, without reading the request; on TLS listeners, where an answer would cost a handshake, by a
// close.
#include "winrmlb/http/reply.h"
#include "winrmlb/net/client_hello.h"
#include "winrmlb/net/proxy_protocol.h"
#include "winrmlb/proxy/reply.h"
#include "winrmlb/proxy/scope.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using balance::Refusal;
using net::IoResult;
using net::Signal;
using net::Signals;

net::Task<Status> Session::come_in() {
  const auto& proxies = listener().settings.proxy_protocol;
  if (proxies.mode == config::ProxyProtocolMode::Required) {
    Status said = co_await read_proxy_header();
    if (!said) co_return said;
  }
  connection_address_ = client_endpoint_.address;
  const auto refusal = enter(client_endpoint_.address);
  if (refusal) co_return co_await refuse(*refusal);
  if (listener().relays_tls()) co_return co_await relay_tls();
  co_return co_await secure_client();
}

// From those who may send it, within the time for a handshake; nothing behind it is read.
net::Task<Status> Session::read_proxy_header() {
  const auto refused = [this](std::string_view why) {
    listener().admission->count(Refusal::ProxyHeader);
    worker_.log_refusal(client_endpoint_, listener().settings.name, why);
    return failure(ErrorCode::Forbidden, Side::Client, why);
  };
  const auto& from = listener().settings.proxy_protocol.from;
  const bool may_send = std::any_of(from.begin(), from.end(), [this](const Prefix& network) {
    return network.contains(client_endpoint_.address);
  });
  if (!may_send) co_return refused("it is none of the proxies that may send a PROXY header");
  expect_within(timeouts().tls_handshake);
  const auto header = std::make_unique<std::string>();
  for (;;) {
    auto read = net::read_proxy_header(*header);
    if (!read) co_return refused(read.error().detail);
    if (read->needs == 0) {
      if (read->client) client_endpoint_ = *read->client;
      co_return Done{};
    }
    const std::size_t have = header->size();
    header->resize(have + read->needs);
    const auto got = client_.read_raw({header->data() + have, read->needs});
    header->resize(have + (got.state == IoResult::State::Ok ? got.bytes : 0));
    if (got.state == IoResult::State::Ok) continue;
    if (got.state != IoResult::State::WouldBlock)
      co_return refused("it left before its PROXY header was whole");
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Deadline) || woken_by.has(Signal::Stop))
      co_return refused("its PROXY header did not come in time");
  }
}

// As a session of `address`; before, it may have been let in as another's.
std::optional<Refusal> Session::enter(const IpAddress& address) {
  const auto& door = listener().admission;
  if (auto refusal = door->enter(address, listener().settings, worker_.now())) {
    door->count(*refusal);
    return refusal;
  }
  if (admitted_by_) admitted_by_->leave(admitted_as_);
  admitted_by_ = door;
  admitted_as_ = address;
  return std::nullopt;
}

net::Task<Status> Session::refuse(Refusal refusal) {
  const Error error = error_of(refusal);
  worker_.log_refusal(client_endpoint_, listener().settings.name, error.detail);
  // A flood must not keep more than a few of these waiting for their clients.
  constexpr std::uint32_t kMostAtOnce = 64;
  const bool plain = !listener().settings.tls;
  if (plain && worker_.refusing < kMostAtOnce) {
    ++worker_.refusing;
    const ReplyRow& row = reply_row(error.code);
    const auto now = static_cast<std::uint64_t>(worker_.now().time_since_epoch().count());
    const std::string body = winrm::make_fault({.code = row.fault,
                                                .text = row.text,
                                                .relates_to = {},
                                                .message_id = winrm::message_id(id_.value(), now)});
    const auto answer =
        std::make_unique<std::string>(http::serialize({.status = row.status,
                                                       .content_type = winrm::kFaultContentType,
                                                       .body = body,
                                                       .retry_after = row.retry_after}));
    (void)client_.write(*answer);  // a fresh socket has room for all of it
    co_await linger();
    --worker_.refusing;
  }
  co_return failure(error.code, error.side, error.detail);
}

// The TLS handshake with the client, on TLS listeners.
net::Task<Status> Session::secure_client() {
  if (!listener().tls) co_return Done{};
  const auto failed = [this](std::string_view why) {
    worker_.counters.tls_handshake_failures.add();
    listener().admission->count(Refusal::Tls);
    worker_.log_refusal(client_endpoint_, listener().settings.name, why);
    return failure(ErrorCode::TlsFailed, Side::Client, why);
  };
  client_.start_tls(net::TlsConnection::accept(listener().tls));
  expect_within(timeouts().tls_handshake);
  for (;;) {
    const auto step = client_.handshake();
    if (step.state == IoResult::State::Ok) break;
    if (step.state != IoResult::State::WouldBlock) co_return failed(client_.tls()->failure());
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Deadline) || woken_by.has(Signal::Stop))
      co_return failed("the TLS handshake took too long");
  }
  worker_.counters.tls_handshakes.add();
  co_return Done{};
}

// ---- with each request
// -----------------------------------------------------------------------------------------

void Session::pass_door(Exchange& exchange, const http::RequestHead& head,
                        const winrm::Credentials& credentials) {
  if (!snapshot_->settings.routes.empty()) {
    const auto* host = worker_.fields.find(http::FieldName::Host);
    if (host) exchange.noted().host = host->value;
  }
  if (auto error = check_door(head, credentials)) exchange.error = std::make_unique<Error>(std::move(*error));
}

std::optional<Error> Session::check_door(const http::RequestHead& head,
                                         const winrm::Credentials& credentials) {
  const auto refused = [this](Refusal refusal) {
    listener().admission->count(refusal);
    return error_of(refusal);
  };
  const auto& rules = listener().settings;
  if (!rules.client_address_from.empty()) {
    auto client = client_behind(connection_address_, rules.client_address_from, worker_.fields);
    if (!client) return std::move(client).error();
    if (*client != client_endpoint_.address) {
      // Another client's request must not go down the connection that this one has logged in.
      if (address_is_known_) return refused(Refusal::AddressChanged);
      if (auto refusal = enter(*client)) return error_of(*refusal);
      client_endpoint_ = {*client, 0};
    }
    address_is_known_ = true;
  }
  if (const auto refusal = out_of_scope(rules, head)) return refused(*refusal);
  if (credentials.scheme == winrm::Scheme::None) return std::nullopt;
  if (!passes(rules.schemes, credentials.scheme)) return refused(Refusal::Scheme);
  const bool begins =
      credentials.scheme == winrm::Scheme::Basic
          ? !std::exchange(basic_login_counted_, true)
          : credentials.token == winrm::Token::NtlmNegotiate || credentials.token == winrm::Token::GssInitial;
  if (!begins) return std::nullopt;
  const auto refusal = listener().admission->login(client_endpoint_.address, rules, worker_.now());
  return refusal ? std::optional(refused(*refusal)) : std::nullopt;
}

// A client takes the first challenge that it understands: one that would be refused is not shown to it.
Status Session::hide_challenges(http::Edit& edit) const {
  const auto& schemes = listener().settings.schemes;
  if (schemes.allow.empty() && schemes.deny.empty()) return Done{};
  for (const auto& field : worker_.fields.all()) {
    if (field.known != http::FieldName::WwwAuthenticate) continue;
    if (passes(schemes, winrm::read_challenge(field.value).scheme)) continue;
    if (!edit.remove(field.line))
      return Error{ErrorCode::BadResponse, Side::Server, "too many challenges in one answer"};
  }
  return Done{};
}

// A session that has a server connection stays in its pool.
void Session::choose_pool(const Exchange& exchange) {
  if (snapshot_->settings.routes.empty() || server()) return;
  const Asked nothing;
  const Asked& request = exchange.asked ? *exchange.asked : nothing;
  const auto* tls = client_.tls();
  const std::string sni = tls                       ? tls->server_name()
                          : listener().relays_tls() ? exchange.target
                                                    : std::string();
  pool_ = snapshot_->pool_of(listener(), {.listener = listener().settings.name,
                                          .sni = sni,
                                          .host = request.host,
                                          .client = client_endpoint_.address,
                                          .path = path_of(exchange.target),
                                          .resource = request.resource,
                                          .user = user_});
}

}  // namespace winrmlb::proxy
