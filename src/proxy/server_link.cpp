// The server connections of a session: which is used, and when they end.
#include "winrmlb/proxy/server_link.h"

#include <algorithm>

#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

ServerLink* Session::link_to(ServerId server) noexcept {
  if (first_link_.server == server) return &first_link_;
  for (const auto& link : further_links_) {
    if (link->server == server) return link.get();
  }
  return nullptr;
}

// The connection to `server`, or one that is still to be made.
void Session::use_link(ServerId server) {
  if (auto* there = link_to(server)) {
    link_ = there;
  } else if (!first_link_.server) {
    link_ = &first_link_;
  } else {
    further_links_.push_back(std::make_unique<ServerLink>(worker_.poller, wakeup_, worker_.blocks));
    link_ = further_links_.back().get();
  }
}

void Session::enter_server(ServerId server) {
  worker_.counters.connects.add();
  count_connect(server, ConnectResult::Ok);
  link_->server = server;
  link_->pool = pool_entry().pool;
  link_->pool->session_opened(client(), server, worker_.now());
}

void Session::count_connect(ServerId server, ConnectResult result) const {
  if (auto* traffic = pool_entry().traffic_of(server, worker_.index))
    traffic->connects[static_cast<std::size_t>(result)].add();
}

void Session::leave_server(ServerLink& link) {
  if (!link.server) return;
  link.pool->session_closed(link.pool->client_of(client_endpoint_.address), *link.server, bound_,
                            worker_.now());
  link.server.reset();
  link.pool.reset();
}

// The link is not used any more. The first one stays as an empty place.
void Session::drop_link(ServerLink& link) {
  link.stream.close();
  leave_server(link);
  link.input.consume(link.input.bytes().size());
  link.to_drop = false;
  if (link_ == &link) link_ = &first_link_;
  std::erase_if(further_links_, [&](const auto& other) { return other.get() == &link; });
}

// From the first connection-bound login on, everything of the session goes where that is made.
void Session::close_other_links() {
  if (further_links_.empty()) return;
  if (link_ != &first_link_) {
    first_link_.stream.close();
    leave_server(first_link_);
    first_link_.input.consume(first_link_.input.bytes().size());
  }
  for (std::size_t i = 0; i < further_links_.size();) {
    if (further_links_[i].get() == link_) {
      ++i;
    } else {
      drop_link(*further_links_[i]);
    }
  }
}

void Session::lose_server(ServerId server, Idle idle) {
  if (idle_ && idle == Idle::Stays) return;
  if (link_->server != server) return drop_when_idle(server);
  server_lost_ = true;
  cut();
}

void Session::leave(ServerId server) {
  if (link_->server == server) return stop();
  drop_when_idle(server);
}

// Not at once: within an exchange, the answer that a hunt began with may wait in it.
void Session::drop_when_idle(ServerId server) {
  auto* link = link_to(server);
  if (!link) return;
  link->to_drop = true;
  wakeup_.raise(net::Signal::Io);
}

void Session::close_links() {
  first_link_.stream.close();
  leave_server(first_link_);
  while (!further_links_.empty())
    drop_link(*further_links_.back());
}

}  // namespace winrmlb::proxy
