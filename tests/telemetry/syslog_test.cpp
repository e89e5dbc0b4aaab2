#include "winrmlb/telemetry/syslog.h"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <regex>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/telemetry_support.h"
#include "winrmlb/telemetry/access_log.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The grammar of RFC 5424 6, with the one structured data element that there is.
const std::regex kMessage(
    R"(<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]{1,255} winrm-lb \d+ ([a-z]{1,32}) )"
    R"(\[winrm-lb@32473((?: [a-z_]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\]( .*)?)");

std::string parameter(std::string_view text) {
  std::string out;
  append_parameter_escaped(out, text);
  return out;
}

TEST(SyslogParameter, IsEscapedAsTheStandardSays) {
  EXPECT_EQ(parameter(R"(a"b\c]d[e)"), R"(a\"b\\c\]d[e)");
  EXPECT_EQ(parameter("line\nline\r\t\x7f"), "line line   ");
  EXPECT_EQ(parameter("\xc3\xa9\xff\xc3"), "\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(parameter(""), "");
}

TEST(SyslogMessage, HasHeaderStructuredDataAndText) {
  const SyslogHeader header({.facility = 3, .host = "lb1"});
  const LogField fields[] = {{"server", "p\"s]1"}, {"more", std::int64_t{3}}, {"ready", true}};
  const auto line = format_syslog_line(header, WallTime{milliseconds(1795507200123)}, Level::Warn,
                                       "server is\ndown", fields);
  EXPECT_EQ(line, "<28>1 2026-11-24T08:00:00.123Z lb1 winrm-lb " + std::to_string(::getpid()) +
                      R"( event [winrm-lb@32473 server="p\"s\]1" more="3" ready="true"] server is down)" +
                      "\n");
}

TEST(SyslogMessage, OfEachLevelHasItsSeverity) {
  const SyslogHeader header({.facility = 16, .host = "lb1"});
  const auto priority = [&](Level level) {
    const auto line = format_syslog_line(header, {}, level, "x", {});
    return line.substr(0, line.find('>') + 1);
  };
  EXPECT_EQ(priority(Level::Error), "<131>");
  EXPECT_EQ(priority(Level::Warn), "<132>");
  EXPECT_EQ(priority(Level::Info), "<134>");
  EXPECT_EQ(priority(Level::Debug), "<135>");
}

// A receiver on this machine, of any of the three kinds.
class Receiver {
 public:
  Receiver(int family, int kind, const std::string& path = {}) : stream_(kind == SOCK_STREAM) {
    socket_ = ::socket(family, kind, 0);
    if (family == AF_UNIX) {
      sockaddr_un local{};
      local.sun_family = AF_UNIX;
      path.copy(local.sun_path, sizeof local.sun_path - 1);
      EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&local), sizeof local), 0);
    } else {
      bind_to(0);
    }
    if (stream_) {
      EXPECT_EQ(::listen(socket_, 4), 0);
    }
  }
  ~Receiver() { leave(); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  Endpoint address() const { return {IpAddress::from_v4(INADDR_LOOPBACK), port_}; }
  // Closes everything, as a receiver that restarts; its port stays free for come_back().
  void leave() {
    if (connection_ != -1) ::close(connection_);
    if (socket_ != -1) ::close(socket_);
    connection_ = socket_ = -1;
    bytes_.clear();
  }
  void come_back() {
    socket_ = ::socket(AF_INET, stream_ ? SOCK_STREAM : SOCK_DGRAM, 0);
    bind_to(port_);
    if (stream_) {
      EXPECT_EQ(::listen(socket_, 4), 0);
    }
  }
  // The next message; empty: none came within ten seconds.
  std::string next() {
    if (!stream_) {
      char bytes[65536];
      if (!readable(socket_)) return {};
      const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
      return {bytes, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    if (connection_ == -1) {
      if (!readable(socket_)) return {};
      connection_ = ::accept(socket_, nullptr, nullptr);
    }
    return next_frame();
  }

 private:
  static bool readable(int socket) {
    pollfd waited{socket, POLLIN, 0};
    return ::poll(&waited, 1, 10'000) == 1;
  }
  void bind_to(std::uint16_t port) {
    const int yes = 1;  // both binds, or what is left of the first one's connection is in the way
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&four), sizeof four), 0) << errno;
    socklen_t size = sizeof four;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&four), &size);
    port_ = ntohs(four.sin_port);
  }
  // MSG-LEN SP SYSLOG-MSG, RFC 6587 3.4.1.
  std::string next_frame() {
    for (;;) {
      const auto blank = bytes_.find(' ');
      if (blank != std::string::npos) {
        const auto length = std::stoul(bytes_.substr(0, blank));
        if (bytes_.size() >= blank + 1 + length) {
          const auto message = bytes_.substr(blank + 1, length);
          bytes_.erase(0, blank + 1 + length);
          return message;
        }
      }
      char more[4096];
      if (!readable(connection_)) return {};
      const auto size = ::recv(connection_, more, sizeof more, 0);
      if (size <= 0) return {};
      bytes_.append(more, static_cast<std::size_t>(size));
    }
  }

  const bool stream_;
  int socket_ = -1;
  int connection_ = -1;
  std::uint16_t port_ = 0;
  std::string bytes_;
};

AccessRecord exchange() {
  AccessRecord record;
  record.facts.session = SessionId(0x12);
  record.facts.server = "ps1";
  record.facts.user = "VOSS\\automate";
  record.path = "/wsman?\"]";
  record.status = 200;
  return record;
}

// Both logs into one receiver: an event, an exchange and a session.
void expect_all_kinds(const SyslogOptions& options, Receiver& receiver) {
  Log log({.syslog = options});
  AccessSink sink({.syslog = options});
  AccessLog access(sink);
  log.write(Level::Warn, "server ps1 is down", {{"pool", "teams"}});
  log.flush();
  access.write(exchange());
  access.write(SessionRecord{});
  access.flush();
  sink.flush();
  std::vector<std::string> kinds;
  for (int i = 0; i < 3; ++i) {
    const auto message = receiver.next();
    std::smatch found;
    ASSERT_TRUE(std::regex_match(message, found, kMessage)) << message;
    kinds.push_back(found[2]);
    if (found[2] == "event") {
      EXPECT_EQ(found[1], "132");
      EXPECT_EQ(found[4], " server ps1 is down");
    } else {
      EXPECT_EQ(found[1], "134");
    }
    if (found[2] == "exchange") {
      EXPECT_THAT(std::string(found[3]), HasSubstr(R"( server="ps1" user="VOSS\\automate")"));
      EXPECT_THAT(std::string(found[3]), HasSubstr(R"( path="/wsman?\"\]" status="200")"));
    }
  }
  EXPECT_THAT(kinds, testing::UnorderedElementsAre("event", "exchange", "session"));
  EXPECT_EQ(log.dropped() + sink.dropped(), 0U);
}

TEST(Syslog, ReachesTheMachinesOwnReceiver) {
  const ScratchDirectory scratch;
  Receiver receiver(AF_UNIX, SOCK_DGRAM, scratch.path("dev-log"));
  expect_all_kinds({.socket = scratch.path("dev-log")}, receiver);
}

TEST(Syslog, ReachesAReceiverByUdp) {
  Receiver receiver(AF_INET, SOCK_DGRAM);
  expect_all_kinds({.transport = SyslogTransport::Udp, .address = receiver.address()}, receiver);
}

TEST(Syslog, ReachesAReceiverByTcp) {
  Receiver receiver(AF_INET, SOCK_STREAM);
  const SyslogOptions options{.transport = SyslogTransport::Tcp, .address = receiver.address()};
  AccessSink sink({.syslog = options});
  AccessLog access(sink);
  for (int i = 0; i < 100; ++i)
    access.write(exchange());
  access.flush();
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(std::regex_match(receiver.next(), kMessage)) << i;
  EXPECT_EQ(sink.dropped(), 0U);
}

TEST(Syslog, WithoutAReceiverLinesAreLostCountedAndHoldNobodyUp) {
  Receiver receiver(AF_INET, SOCK_STREAM);
  const auto address = receiver.address();
  receiver.leave();
  Log log({.syslog = SyslogOptions{.transport = SyslogTransport::Tcp, .address = address}});
  for (int i = 0; i < 50; ++i)
    log.write(Level::Info, "x");
  log.flush();
  EXPECT_EQ(log.dropped(), 50U);
}

TEST(Syslog, AReceiverThatRestartsIsFoundAgain) {
  Receiver receiver(AF_INET, SOCK_STREAM);
  Log log({.syslog = SyslogOptions{.transport = SyslogTransport::Tcp, .address = receiver.address()}});
  log.write(Level::Info, "before");
  EXPECT_THAT(receiver.next(), testing::EndsWith("] before"));
  receiver.leave();
  log.write(Level::Info, "lost");
  log.flush();
  EXPECT_EQ(log.dropped(), 1U);
  receiver.come_back();
  EXPECT_TRUE(log.reopen());  // does not wait for the pause after a failure
  log.write(Level::Info, "after");
  EXPECT_THAT(receiver.next(), testing::EndsWith("] after"));
  EXPECT_EQ(log.dropped(), 1U);
}

TEST(Syslog, AReceiverThatDoesNotReadLosesLinesAndHoldsNobodyUp) {
  Receiver receiver(AF_INET, SOCK_STREAM);
  AccessSink sink(
      {.queue_buffers = 4,
       .syslog = SyslogOptions{.transport = SyslogTransport::Tcp, .address = receiver.address()}});
  const std::string line(100'000, 'x');
  for (int i = 0; i < 400; ++i)
    sink.write(line + "\n", 1);
  EXPECT_GT(sink.dropped(), 0U);
}

}  // namespace
}  // namespace winrmlb::telemetry
