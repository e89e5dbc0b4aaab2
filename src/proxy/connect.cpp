// Step 4, connect: the session's own connection to the chosen server.
//
// A connect that fails has sent nothing, so another server may be tried. Whether the address may move is the
// affinity table's to say: one that holds nothing at the server moves at once, together with all its other
// connections; one that holds something waits for health's verdict, so that a lost packet does not split it.
#include <cerrno>
#include <cstring>

#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

namespace {

Error connect_error(int error, const std::string& server, const Endpoint& target) {
  const std::string where = server + " (" + target.text() + ")";
  if (error == ECONNREFUSED)
    return {ErrorCode::ConnectRefused, Side::Server, where + " refused the connection"};
  if (error == ETIMEDOUT)
    return {ErrorCode::ConnectTimeout, Side::Server, where + " did not answer the connect in time"};
  if (error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == ENOBUFS) {
    return {ErrorCode::Limit, Side::Local, "no descriptor or port left to connect to " + where};
  }
  return {ErrorCode::ConnectFailed, Side::Server, "cannot connect to " + where + ": " + std::strerror(error)};
}

}  // namespace

// True, as nearly always: the session has the connection that it needs.
bool Session::is_connected(Exchange& exchange) {
  if (bound_) close_other_links();
  if (exchange.unfit_link) drop_link(*std::exchange(exchange.unfit_link, nullptr));
  if (!link_->server) return false;
  note_home(exchange);
  tell_login(*link_->server);
  return true;
}

net::Task<Status> Session::connect(Exchange& exchange) {
  const TimePoint until = worker_.now() + timeouts().queue;
  std::size_t servers_left = pool().members().size();
  bool tried_again = false;
  for (;;) {
    const ServerId server = *exchange.choice.server;
    Status status = co_await connect_once(server, until, exchange.at);
    if (status) {
      enter_server(server);
      note_home(exchange);
      tell_login(server);
      co_return status;
    }
    worker_.counters.connect_failures.add();
    const Error& error = status.error();
    count_connect(server, connect_result_of(error.code));
    if (error.side != Side::Server || client_ended_) co_return status;
    if (error.code != ErrorCode::TlsFailed) suspect(server, error.code);

    if (worker_.now() >= until || stopping_ || exchange.choice.reason == balance::Reason::Hunted)
      co_return status;
    if (exchange.choice.reason == balance::Reason::Pinned) {
      co_await await_verdict(server, until);
      if (!keeps(server)) {
        co_return failure(ErrorCode::ShellServerDown, Side::Server,
                          "the server that holds this shell is down");
      }
      if (std::exchange(tried_again, true)) co_return status;
      continue;
    }
    const auto moved = pool().move_away(client(), server, worker_.now());
    if (moved.moved) {
      if (!moved.choice.server || --servers_left == 0) co_return status;
      exchange.choice = moved.choice;
      if (auto* there = link_to(*moved.choice.server)) {
        link_ = there;
        note_home(exchange);
        co_return Done{};
      }
      continue;
    }
    if (error.code == ErrorCode::TlsFailed) co_return status;

    // The address holds something there. Health checks the server at once; its word decides.
    co_await await_verdict(server, until);
    const auto* member = pool().member(server);
    if (member && member->state->keeps_old()) {
      if (std::exchange(tried_again, true)) co_return status;
      continue;
    }
    exchange.choice = pool().route({.client = client(), .bound = {}, .pinned = {}}, worker_.now());
    if (!exchange.choice.server || --servers_left == 0) co_return status;
  }
}

// The server that the address gave this session; a pin or a hunt leads elsewhere for one exchange only.
void Session::note_home(const Exchange& exchange) noexcept {
  const auto reason = exchange.choice.reason;
  if (reason != balance::Reason::Pinned && reason != balance::Reason::Hunted) home_ = exchange.choice.server;
}

// TCP, and TLS when the client came by TLS: never less protected than the client asked for.
net::Task<Status> Session::connect_once(ServerId server, TimePoint until, Timeline& at) {
  link_->stream.close();
  const auto* member = pool().member(server);
  const auto* target = pool_entry().target(server);
  if (!member || !target || !target->address) {
    co_return failure(ErrorCode::ConnectFailed, Side::Server, "the server's name has no address");
  }
  const bool secure = listener().tls != nullptr;
  const Endpoint endpoint = listener().settings.tls ? target->tls() : target->plain();
  deadline_.set(worker_.wheel, std::min(until, worker_.now() + timeouts().connect));
  auto step = link_->stream.connect(endpoint, pool().settings().source);
  while (step.state == IoResult::State::WouldBlock) {
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    if (woken_by.has(Signal::Deadline)) co_return connect_error(ETIMEDOUT, member->settings.name, endpoint);
    step = link_->stream.connected();
  }
  if (step.state != IoResult::State::Ok) co_return connect_error(step.error, member->settings.name, endpoint);
  at.mark(&Timeline::connected, worker_.now());
  if (!secure) co_return Done{};

  link_->stream.start_tls(net::TlsConnection::connect(pool_entry().server_tls, member->settings.host));
  deadline_.set(worker_.wheel, std::min(until, worker_.now() + timeouts().tls_handshake));
  for (step = link_->stream.handshake(); step.state != IoResult::State::Ok;
       step = link_->stream.handshake()) {
    if (step.state != IoResult::State::WouldBlock) {
      co_return Error{ErrorCode::TlsFailed, Side::Server,
                      "TLS with " + member->settings.name + " (" + endpoint.text() +
                          "): " + link_->stream.tls()->failure()};
    }
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    if (woken_by.has(Signal::Deadline)) {
      co_return failure(ErrorCode::ConnectTimeout, Side::Server,
                        "TLS with " + member->settings.name + " (" + endpoint.text() + ") took too long");
    }
  }
  at.mark(&Timeline::secured, worker_.now());
  co_return Done{};
}

// The suspicion is there at once, so that whoever comes next waits for the verdict too.
void Session::suspect(ServerId server, ErrorCode code) {
  if (const auto* member = pool().member(server)) {
    for (auto before : {balance::Fitness::Up, balance::Fitness::Checking}) {
      member->state->fitness.compare_exchange_strong(before, balance::Fitness::Suspect);
    }
  }
  worker_.report_connect_failure(server, code);
}

// Until health has said whether the server is up or down, or `until`.
net::Task<void> Session::await_verdict(ServerId server, TimePoint until) {
  constexpr milliseconds kVerdict{2000};
  deadline_.set(worker_.wheel, std::min(until, worker_.now() + kVerdict));
  awaits_verdict_ = true;
  for (bool in_time = true; in_time;) {
    const auto* member = pool().member(server);
    if (!member || member->state->fitness.load(std::memory_order_relaxed) != balance::Fitness::Suspect) break;
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    in_time = !woken_by.has(Signal::Deadline);
  }
  awaits_verdict_ = false;
}

}  // namespace winrmlb::proxy
