#include "winrmlb/proxy/session.h"

#include <utility>

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

// ---- the list of a worker's sessions
// --------------------------------------------------------------------------

void SessionList::add(Session& session) noexcept {
  session.next_ = first_;
  if (first_) first_->previous_ = &session;
  first_ = &session;
  ++size_;
}

void SessionList::remove(Session& session) noexcept {
  if (resume_at_ == &session) resume_at_ = session.next_;
  if (session.previous_) session.previous_->next_ = session.next_;
  if (session.next_) session.next_->previous_ = session.previous_;
  if (first_ == &session) first_ = session.next_;
  --size_;
}

void SessionList::each(const std::function<void(Session&)>& visit) {
  for (Session* session = first_; session; session = resume_at_) {
    resume_at_ = session->next_;
    visit(*session);
  }
}

// ---- the session
// ----------------------------------------------------------------------------------------------

Session::Session(WorkerContext& worker, ListenerId listener, const Endpoint& client)
    : worker_(worker),
      snapshot_(worker.snapshot),
      listener_(snapshot_->listener(listener)),
      pool_(listener_->pool),
      id_(std::uint64_t{worker.index} << 48 | ++worker.next_session),
      client_(worker.poller, wakeup_),
      client_input_(worker.blocks),
      first_link_(worker.poller, wakeup_, worker.blocks),
      client_endpoint_(client) {
  tally_.began = worker_.now();
  worker_.sessions.add(*this);
  worker_.counters.sessions_accepted.add();
  worker_.open_sessions.fetch_add(1, std::memory_order_relaxed);
}

Session::~Session() {
  if (admitted_by_) admitted_by_->leave(admitted_as_);
  worker_.sessions.remove(*this);
  worker_.counters.sessions_ended.add();
  worker_.open_sessions.fetch_sub(1, std::memory_order_relaxed);
}

net::Detached Session::serve(WorkerContext& worker, ListenerId listener, const net::Accepted& accepted) {
  Session session(worker, listener, accepted.client);
  if (!session.client_.adopt(accepted.descriptor)) co_return;
  Status status = co_await session.come_in();
  while (status && !session.stopping_ && !worker.stopping) {
    Exchange exchange;
    session.idle_ = true;
    status = co_await session.serve_exchange(exchange);
  }
  session.deadline_.clear();
  session.log_session(status);
  session.close_links();
  session.client_.close();
}

// One request and its response. The steps in order; the first that fails decides how the exchange ends.
net::Task<Status> Session::serve_exchange(Exchange& exchange) {
  Status status = co_await read(exchange);
  if (!status && status.error().code == ErrorCode::Closed) co_return status;  // nobody asked for anything
  worker_.counters.exchanges_begun.add();
  if (status) status = co_await inspect(exchange);
  for (bool again = static_cast<bool>(status); again;) {
    status = choose(exchange);
    if (status && !is_connected(exchange)) status = co_await connect(exchange);
    if (status) status = co_await send(exchange);
    if (status) status = co_await receive(exchange);
    again = exchange.held && begins_anew(exchange, status);
  }
  exchange.turn.end();
  learn(exchange);
  if (status) status = co_await reply(exchange);
  if (!status) {
    exchange.error = std::make_unique<Error>(status.error());
    if (server_lost_ && exchange.error->side == Side::Server) {
      const bool names_shell = exchange.message.shell && exchange.message.action != winrm::Action::Create;
      exchange.error->code = names_shell ? ErrorCode::ShellServerDown : ErrorCode::ServerDown;
    }
    co_await answer(exchange);
  }
  finish(exchange);
  const bool keeps = exchange.client_keeps && exchange.server_keeps;
  if (status && (!keeps || stopping_ || worker_.stopping)) co_await linger();
  if (status && !keeps) {
    co_return failure(ErrorCode::Closed, exchange.client_keeps ? Side::Server : Side::Client, {});
  }
  co_return status;
}

// The client has all of the last answer: say goodbye, and wait until it has said so too, since closing with
// bytes unread would reset the connection and could take the answer back.
net::Task<void> Session::linger() {
  constexpr milliseconds kLinger{2000};
  constexpr std::size_t kMostDiscarded = 1024 * 1024;
  client_.finish_sending();
  expect_within(kLinger);
  std::size_t discarded = client_input_.bytes().size();
  client_input_.consume(discarded);
  while (!client_ended_ && discarded < kMostDiscarded) {
    const auto read = client_input_.fill(client_);
    if (read.state == IoResult::State::Ok) {
      discarded += read.bytes;
      client_input_.consume(read.bytes);
    } else if (read.state == IoResult::State::WouldBlock) {
      const Signals woken_by = co_await wakeup_;
      if (woken_by.has(Signal::Deadline)) break;
    } else {
      break;
    }
  }
}

}  // namespace winrmlb::proxy
