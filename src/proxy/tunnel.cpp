// TLS that is only relayed: the client's first message is read for its name, and then bytes go both ways as
// they come. Client certificates, CredSSP and channel binding so hold between client and server; what is
// asked cannot be seen here, so the server is chosen by address alone.
#include "winrmlb/net/client_hello.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using balance::Refusal;
using net::IoResult;
using net::Signal;
using net::Signals;

// It stays in the client's input, to be relayed.
net::Task<Status> Session::read_client_hello(Exchange& exchange) {
  expect_within(timeouts().tls_handshake);
  for (;;) {
    auto hello = net::read_client_hello(client_input_.bytes());
    if (!hello) co_return std::move(hello).error();
    if (hello->whole) {
      exchange.target = hello->server_name;
      co_return Done{};
    }
    const auto read = client_input_.fill(client_);
    if (read.state == IoResult::State::Ok) continue;
    if (read.state != IoResult::State::WouldBlock)
      co_return failure(ErrorCode::TlsFailed, Side::Client,
                        "the client left before its ClientHello was whole");
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Deadline) || woken_by.has(Signal::Stop))
      co_return failure(ErrorCode::TlsFailed, Side::Client, "the ClientHello did not come in time");
  }
}

// Always ends in an error: Closed when all went well.
net::Task<Status> Session::relay_tls() {
  Exchange exchange;
  exchange.at.began = worker_.now();
  ++tally_.exchanges;
  Status status = co_await read_client_hello(exchange);
  if (!status) {
    worker_.counters.tls_handshake_failures.add();
    listener().admission->count(Refusal::Tls);
    worker_.log_refusal(client_endpoint_, listener().settings.name, status.error().detail);
    co_return status;
  }
  worker_.counters.exchanges_begun.add();
  exchange.at.mark(&Timeline::read, worker_.now());
  exchange.sealed = true;
  bound_ = true;  // whatever login it carries belongs to this one connection
  status = choose(exchange);
  if (status && !is_connected(exchange)) status = co_await connect(exchange);
  if (status) status = co_await relay_both_ways(exchange);
  if (!status) exchange.error = std::make_unique<Error>(status.error());
  finish(exchange);
  co_return failure(ErrorCode::Closed, Side::Client, {});
}

// Ends when both ends have finished, when one is gone, or when nothing has moved for the idle time. A half
// that ends is passed on as such: the other may still have something to say.
net::Task<Status> Session::relay_both_ways(Exchange& exchange) {
  const http::Limits unlimited;
  exchange.request.start(0, http::BodyReader(http::Framing::UntilClose, 0, Side::Client, unlimited));
  exchange.answer = std::make_unique<Answer>();
  exchange.answer->pump.start(0, http::BodyReader(http::Framing::UntilClose, 0, Side::Server, unlimited));
  struct Way {
    Pump& pump;
    net::Input& input;
    net::Stream& source;
    net::Stream& sink;
    Side side;
    bool ended = false;
  };
  Way ways[] = {{exchange.request, client_input_, client_, server_stream(), Side::Client},
                {exchange.answer->pump, server_bytes(), server_stream(), client_, Side::Server}};
  expect_within(timeouts().idle);
  while (!ways[0].ended || !ways[1].ended) {
    bool moved = false;
    for (auto& way : ways) {
      if (way.ended) continue;
      switch (way.pump.step(way.input, way.source, way.sink)) {
        case Pump::Step::Moved:
          moved = true;
          break;
        case Pump::Step::Done:
          way.ended = moved = true;
          way.sink.finish_sending();
          break;
        case Pump::Step::Blocked:
          break;
        case Pump::Step::SinkFailed:
        case Pump::Step::SourceEnded:
        case Pump::Step::SourceFailed:
        case Pump::Step::BadBody:
          // A reset stays a reset: what is cut must not look whole.
          client_.reset_on_close();
          server_stream().reset_on_close();
          co_return failure(way.side == Side::Client ? ErrorCode::ResetByClient : ErrorCode::ResetByServer,
                            way.side, "the connection was lost");
      }
    }
    if (moved) {
      expect_within(timeouts().idle);
      continue;
    }
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Deadline))
      co_return failure(ErrorCode::Cancelled, Side::Local, "nothing moved for the idle time, or it was cut");
  }
  co_return Done{};
}

}  // namespace winrmlb::proxy
