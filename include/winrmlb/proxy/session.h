// Session: one client connection, from accept to close, and the exchanges it carries.
//
// Lives in its coroutine on one worker's thread; scope is ownership. One client connection has one server
// connection for life (promise 2): logins by NTLM, Negotiate, Kerberos and CredSSP authenticate the
// connection, so a server connection that served two clients would let one act as the other. Closes are
// mirrored. A session whose requests log in one by one (Basic) may have further ones of its own, when it
// names shells that live elsewhere.
//
//   serve ──▶ [TLS handshake] ──▶ exchange ─┬─▶ exchange …      each exchange: read · inspect · choose ·
//   connect ·
//                                           └─▶ close both                     send · receive · reply ·
//                                           finish
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "winrmlb/core/ids.h"
#include "winrmlb/health/evidence.h"
#include "winrmlb/http/edit.h"
#include "winrmlb/net/input.h"
#include "winrmlb/net/listen.h"
#include "winrmlb/net/stream.h"
#include "winrmlb/net/task.h"
#include "winrmlb/net/timer_wheel.h"
#include "winrmlb/proxy/body_peek.h"
#include "winrmlb/proxy/exchange.h"
#include "winrmlb/proxy/server_link.h"
#include "winrmlb/proxy/session_row.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/proxy/worker_context.h"
#include "winrmlb/winrm/auth.h"
#include "winrmlb/winrm/login.h"

namespace winrmlb::proxy {

class Session {
 public:
  /// Serves an accepted connection to its end, by the worker's present snapshot. The coroutine owns
  /// everything; `accepted` is used up before it first suspends.
  static net::Detached serve(WorkerContext& worker, ListenerId listener, const net::Accepted& accepted);

  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SessionId id() const noexcept { return id_; }
  const Endpoint& client_endpoint() const noexcept { return client_endpoint_; }
  /// Of the connection that it used last.
  std::optional<ServerId> server() const noexcept { return link_->server; }
  bool bound() const noexcept { return bound_; }
  std::uint32_t exchanges() const noexcept { return tally_.exchanges; }

  bool matches(const SessionFilter& filter) const;
  SessionRow row() const;

  /// Ends the session after the exchange it is in; at once if it is in none.
  void stop() { wakeup_.raise(net::Signal::Stop); }
  /// Ends the session as if its time were up.
  void cut() { wakeup_.raise(net::Signal::Deadline); }
  /// That server is known dead: an exchange under way on it ends with ServerDown, and a session that used it
  /// last is closed. If it is only one of several that the session is connected to, just that connection
  /// goes.
  enum class Idle : std::uint8_t { Stays, Ends };  // if it is between exchanges
  void lose_server(ServerId server, Idle idle);
  /// That server is to be left after the exchange: by the session, or by the connection that it has there.
  void leave(ServerId server);
  /// Its client holds nothing there any more: a connection that a session has there besides is not needed.
  void leave_unless_home(ServerId server) {
    if (!bound_ && home_ != server) drop_when_idle(server);
  }
  /// Health has come to a verdict on some server: for sessions that wait for one.
  void tell_verdict() {
    if (awaits_verdict_) wakeup_.raise(net::Signal::Verdict);
  }

 private:
  Session(WorkerContext& worker, ListenerId listener, const Endpoint& client);

  // The door: src/proxy/door.cpp, and src/proxy/tunnel.cpp for TLS that is only relayed.
  net::Task<Status> come_in();
  net::Task<Status> read_proxy_header();
  std::optional<balance::Refusal> enter(const IpAddress& address);
  net::Task<Status> refuse(balance::Refusal refusal);
  void pass_door(Exchange& exchange, const http::RequestHead& head, const winrm::Credentials& credentials);
  std::optional<Error> check_door(const http::RequestHead& head, const winrm::Credentials& credentials);
  void choose_pool(const Exchange& exchange);
  Status hide_challenges(http::Edit& edit) const;
  net::Task<Status> read_client_hello(Exchange& exchange);
  net::Task<Status> relay_tls();
  net::Task<Status> relay_both_ways(Exchange& exchange);
  net::Task<Status> secure_client();
  net::Task<Status> serve_exchange(Exchange& exchange);

  // The eight steps, each in the file of its name.
  net::Task<Status> read(Exchange& exchange);
  net::Task<Status> inspect(Exchange& exchange);
  Status choose(Exchange& exchange);
  bool is_connected(Exchange& exchange);
  net::Task<Status> connect(Exchange& exchange);
  bool needs_turn(const Exchange& exchange) const noexcept;
  net::Task<Status> await_turn(Exchange& exchange);
  net::Task<Status> send(Exchange& exchange);
  net::Task<Status> receive(Exchange& exchange);
  net::Task<Status> reply(Exchange& exchange);
  void finish(Exchange& exchange);

  // Parts of the steps.
  enum class Progress : std::uint8_t { None, Made };
  net::Task<Status> read_first_byte();
  bool server_spoke();
  void drop_ended_links();
  void drop_when_idle(ServerId server);
  void adopt_settings();
  bool note_request(Exchange& exchange, const http::RequestHead& head);
  void note_login(const winrm::Credentials& credentials);
  bool is_blocked() const;
  Status edit_request(Exchange& exchange, const http::RequestHead& head);
  bool take_out_cookies(Exchange& exchange, http::Edit& edit);
  std::string cookie_for(Exchange& exchange) const;
  bool is_spread() const noexcept;
  bool replace_head(net::Input& input, http::Edit& edit, std::size_t& head_bytes);
  void note_message(Exchange& exchange);
  std::uint64_t most_envelope_bytes(winrm::Action action) const;
  Status limit_envelope(Exchange& exchange) const;
  net::Task<void> read_answer(Exchange& exchange);
  net::Task<void> read_on(net::Input& input, net::Stream& source, BodyPeek& peek, bool to_the_end);
  bool wants_answer(const Exchange& exchange) const noexcept;
  bool may_be_sent_again(const Exchange& exchange) const;
  struct Pin {
    ServerId server;
    TimePoint last_used;
    balance::PinKind kind;
    bool noted = false;  // this use of it
  };
  std::optional<Pin> pin_of(const Exchange& exchange, TimePoint now);
  balance::Choice decide(Exchange& exchange, const std::optional<Pin>& pin, TimePoint now);
  balance::Choice follow(ServerId server, bool is_shell, TimePoint now);
  bool leaves_home(const Exchange& exchange) const noexcept;
  bool keeps(ServerId server) const noexcept;
  ServerLink* link_to(ServerId server) noexcept;
  void note_home(const Exchange& exchange) noexcept;
  void use_link(ServerId server);
  void drop_link(ServerLink& link);
  void close_links();
  void close_other_links();
  bool begins_anew(Exchange& exchange, Status& status);
  bool creates_elsewhere(Exchange& exchange, Status& status);
  bool hunts_on(Exchange& exchange, Status& status);
  void end_hunt(Exchange& exchange, Status& status);
  bool is_late(const Exchange& exchange) const;
  net::Task<Status> send_again(Exchange& exchange);
  void learn(Exchange& exchange);
  bool has_proven(const Exchange& exchange, const Uuid& shell) const noexcept;
  void learn_pin_use(Exchange& exchange);
  void learn_from_success(const Exchange& exchange);
  void learn_found_shell(const Exchange& exchange);
  void learn_from_fault(const Exchange& exchange);
  void learn_from_login(const Exchange& exchange);
  void warn_of_clear_password(const Exchange& exchange);
  void report(ServerId server, health::PassiveSignal signal, const Uuid& shell);
  void log_refusal(const Exchange& exchange);
  std::string_view name_of_server(ServerId server) const;
  balance::LoginGuard::Who who() const noexcept { return {pool().id(), client(), user_}; }
  net::Task<void> find_out_whether_lost(Exchange& exchange);
  milliseconds response_limit(const Exchange& exchange) const noexcept;
  net::Task<Status> connect_once(ServerId server, TimePoint until, Timeline& at);
  net::Task<void> await_verdict(ServerId server, TimePoint until);
  void suspect(ServerId server, ErrorCode code);
  void enter_server(ServerId server);
  void leave_server(ServerLink& link);
  Result<Progress> pump_request(Exchange& exchange);
  void tell_login(ServerId server);
  bool drips(const Exchange& exchange) const;
  static Status body_stalled(const Pump& request);
  enum class Arrived : std::uint8_t { Nothing, Interim, Answer };
  Result<Arrived> look_for_answer(Exchange& exchange, http::HeadEnd& head_end);
  Status take_response_head(Exchange& exchange, std::size_t head_bytes);
  void note_answer_to_login(Exchange& exchange);
  net::Task<Status> relay_interim(Exchange& exchange);
  Status watch_client();
  bool comes_again(const Exchange& exchange) const noexcept;
  net::Task<void> answer(Exchange& exchange);
  net::Task<void> linger();
  void count_connect(ServerId server, ConnectResult result) const;
  void count_traffic(const Exchange& exchange);
  void count_end(ErrorCode end);
  telemetry::AccessFacts access_facts(std::string_view client_text, std::optional<ServerId> server) const;
  void log_access(const Exchange& exchange);
  void log_session(const Status& end);
  void log_error(const Exchange& exchange, TimePoint now);

  net::Stream& server_stream() noexcept { return link_->stream; }
  net::Input& server_bytes() noexcept { return link_->input; }
  const ListenerEntry& listener() const noexcept { return *listener_; }
  const PoolEntry& pool_entry() const noexcept { return snapshot_->pools[pool_]; }
  balance::Pool& pool() const noexcept { return *pool_entry().pool; }
  const config::Timeouts& timeouts() const noexcept { return pool().settings().timeouts; }
  /// From the beginning of the worker's turn, which is near enough and costs no look at the clock.
  void expect_within(milliseconds limit) { deadline_.set(worker_.wheel, worker_.poller.woke() + limit); }
  ClientAddress client() const noexcept { return pool().client_of(client_endpoint_.address); }

  // In an order that leaves few gaps: most sessions wait, and there are thousands of them.
  WorkerContext& worker_;
  std::shared_ptr<const Snapshot> snapshot_;
  const ListenerEntry* listener_;
  std::size_t pool_;  // index into the snapshot's: the listener's, or where a route leads
  const SessionId id_;

  net::Wakeup wakeup_;
  net::Deadline deadline_{wakeup_};
  net::Stream client_;
  net::Input client_input_;
  ServerLink first_link_;
  std::vector<std::unique_ptr<ServerLink>> further_links_;
  ServerLink* link_ = &first_link_;  // the one that the exchange uses
  // What its line in the log says.
  struct Tally {
    TimePoint began;
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::uint32_t longest_us = 0;
    std::uint32_t exchanges = 0;
    std::uint32_t shells = 0;
    std::uint32_t commands = 0;
  };
  Tally tally_;
  std::string user_;  // of the login that the exchange goes by, if that names it
  // Of what comes with every request of a session, and need not be looked up each time.
  std::size_t accepted_login_ = 0;  // hash of the Basic login that was accepted last
  Uuid known_shell_;                // that the last message named, and was served with
  winrm::LoginTrace login_;         // of the connection-bound login, if there is one

  std::shared_ptr<balance::Admission> admitted_by_;
  IpAddress admitted_as_;         // as whose session it is counted there
  IpAddress connection_address_;  // before X-Forwarded-For has said another
  Endpoint client_endpoint_;
  std::optional<ServerId> home_;  // where messages without a pin go

  winrm::Scheme scheme_ = winrm::Scheme::None;  // of the login that the exchange goes by
  bool bound_ = false;                          // a connection-bound login began, or sealed messages came
  bool has_cookie_ = false;                     // the client has been given one for its server, or brought it
  bool basic_login_counted_ = false;            // such a login comes with every request
  bool address_is_known_ = false;               // X-Forwarded-For has said it once
  bool was_sealed_ = false;                     // some message, for the log
  bool stopping_ = false;
  bool awaits_verdict_ = false;
  bool server_lost_ = false;   // lose_server()
  bool idle_ = false;          // between exchanges
  bool client_ended_ = false;  // the client has finished sending; it may still read

  friend class SessionList;
  Session* next_ = nullptr;
  Session* previous_ = nullptr;
};

}  // namespace winrmlb::proxy
