// Step 1, read: the head of the next request, whole.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

namespace {
Status closed(Side side) { return failure(ErrorCode::Closed, side, {}); }
}  // namespace

// Between exchanges: nothing is held, and whichever end closes is mirrored at the other.
net::Task<Status> Session::read_first_byte() {
  expect_within(tally_.exchanges == 0 ? timeouts().first_request : timeouts().idle);
  while (client_input_.empty()) {
    if (client_ended_) co_return closed(Side::Client);
    if (stopping_ || worker_.stopping) co_return closed(Side::Local);
    if (!further_links_.empty()) drop_ended_links();
    if (server_spoke()) co_return closed(Side::Server);
    const auto read = client_input_.fill(client_);
    switch (read.state) {
      case IoResult::State::Ok:
        break;
      case IoResult::State::End:
      case IoResult::State::Truncated:
      case IoResult::State::Failed:
        co_return closed(Side::Client);
      case IoResult::State::WouldBlock: {
        const Signals woken_by = co_await wakeup_;
        if (woken_by.has(Signal::Deadline)) co_return closed(Side::Local);
        if (woken_by.has(Signal::Stop)) stopping_ = true;
      }
    }
  }
  co_return Done{};
}

// Nothing is owed to us: a server that speaks, or leaves, ends the session. What it said unasked must never
// pass for the answer to the next request. A further connection is only dropped.
bool Session::server_spoke() { return link_->spoke() || (link_ != &first_link_ && first_link_.spoke()); }

void Session::drop_ended_links() {
  if (first_link_.to_drop) drop_link(first_link_);
  for (std::size_t i = 0; i < further_links_.size();) {
    auto& link = *further_links_[i];
    if (link.to_drop || (&link != link_ && link.spoke())) {
      drop_link(link);
    } else {
      ++i;
    }
  }
}

net::Task<Status> Session::read(Exchange& exchange) {
  if (client_input_.empty()) {
    Status begun = co_await read_first_byte();
    if (!begun) co_return begun;
  } else if (server_spoke()) {
    co_await linger();
    co_return closed(Side::Server);
  }
  idle_ = false;
  exchange.at.began = worker_.now();
  ++tally_.exchanges;
  adopt_settings();

  http::HeadEnd head_end;
  auto end = head_end.find(client_input_.bytes());
  if (end) {  // nearly always: the head came in one piece
    exchange.head_bytes = *end;
    co_return Done{};
  }
  expect_within(timeouts().request_head);
  while (!end) {
    const std::size_t have = client_input_.bytes().size();
    if (have >= snapshot_->limits.head_bytes) {
      co_return failure(ErrorCode::HeadTooLarge, Side::Client, "the request head is longer than the limit");
    }
    if (client_input_.full() && !client_input_.reserve(snapshot_->limits.head_bytes)) {
      co_return failure(ErrorCode::HeadTooLarge, Side::Client, "the request head is longer than any buffer");
    }
    const auto read = client_input_.fill(client_);
    switch (read.state) {
      case IoResult::State::Ok:
        end = head_end.find(client_input_.bytes());
        break;
      case IoResult::State::End:
      case IoResult::State::Truncated:
      case IoResult::State::Failed:
        co_return failure(ErrorCode::ResetByClient, Side::Client, "the client left within a request head");
      case IoResult::State::WouldBlock: {
        const Signals woken_by = co_await wakeup_;
        if (woken_by.has(Signal::Stop)) stopping_ = true;
        if (woken_by.has(Signal::Deadline)) {
          co_return failure(ErrorCode::RequestTimeout, Side::Client, "the request head did not come in time");
        }
      }
    }
  }
  exchange.head_bytes = *end;
  exchange.at.mark(&Timeline::read, worker_.now());
  co_return Done{};
}

// An exchange begins with the newest settings and keeps them. A listener that is gone from them goes on as it
// was.
void Session::adopt_settings() {
  if (snapshot_ == worker_.snapshot) return;
  const auto* entry = worker_.snapshot->listener(listener_->id);
  if (!entry) return;
  // A session that a route led elsewhere stays there as long as that pool is.
  const auto* there = worker_.snapshot->pool(pool().name());
  snapshot_ = worker_.snapshot;
  listener_ = entry;
  pool_ = there ? static_cast<std::size_t>(there - snapshot_->pools.data()) : entry->pool;
}

}  // namespace winrmlb::proxy
