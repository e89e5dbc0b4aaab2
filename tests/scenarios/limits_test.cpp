// Every limit, at n and at n + 1.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "scenarios/support/shells.h"
#include "winrmlb/winrm/identify.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(Limits);

// A request whose head has that many bytes.
std::string head_of(std::size_t bytes) {
  const std::string start = "GET / HTTP/1.1\r\nHost: farm\r\nX: ";
  return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
}

class Farm {
 public:
  explicit Farm(const std::function<void(config::Settings&)>& change, std::uint16_t workers)
      : server_(echo("s1")), balancer_(changed(settings_for({server_.endpoint()}, workers), change)) {}
  int status_of(const std::string& request) {
    Client client(balancer_.endpoint());
    return client.ask(request).status;
  }
  TestBalancer& balancer() { return balancer_; }

 private:
  static config::Settings changed(config::Settings settings,
                                  const std::function<void(config::Settings&)>& change) {
    change(settings);
    return settings;
  }
  ScriptedServer server_;
  TestBalancer balancer_;
};

TEST_P(Limits, OfTheHead) {
  for (const std::uint32_t bytes : {1024U, 20'000U, 65'536U}) {
    Farm farm([&](auto& settings) { settings.limits.head_bytes = bytes; }, workers());
    EXPECT_EQ(farm.status_of(head_of(bytes)), 200) << bytes;
    EXPECT_EQ(farm.status_of(head_of(bytes + 1)), 431) << bytes;
    EXPECT_EQ(farm.status_of(head_of(bytes + 100'000)), 431) << bytes;
  }
}

TEST_P(Limits, OfTheTarget) {
  Farm farm([](auto& settings) { settings.limits.target_bytes = 100; }, workers());
  const auto target_of = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'x') + " HTTP/1.1\r\nHost: farm\r\n\r\n";
  };
  EXPECT_EQ(farm.status_of(target_of(100)), 200);
  EXPECT_EQ(farm.status_of(target_of(101)), 414);
}

TEST_P(Limits, OfTheFields) {
  Farm farm([](auto& settings) { settings.limits.fields = 10; }, workers());
  const auto fields_of = [](int fields) {
    std::string request = "GET / HTTP/1.1\r\nHost: farm\r\n";
    for (int i = 1; i < fields; ++i)
      request += "X: y\r\n";
    return request + "\r\n";
  };
  EXPECT_EQ(farm.status_of(fields_of(10)), 200);
  EXPECT_EQ(farm.status_of(fields_of(11)), 431);
}

TEST_P(Limits, OfTheBody) {
  Farm farm([](auto& settings) { settings.limits.body_bytes = 1000; }, workers());
  EXPECT_EQ(farm.status_of(post(std::string(1000, 'x'))), 200);
  EXPECT_EQ(farm.status_of(post(std::string(1001, 'x'))), 413);
  const auto chunks_of = [](const char* last) {
    return "POST / HTTP/1.1\r\nHost: farm\r\nTransfer-Encoding: chunked\r\n\r\n3e7\r\n" +
           std::string(999, 'x') + "\r\n" + last + "0\r\n\r\n";
  };
  EXPECT_EQ(farm.status_of(chunks_of("1\r\nx\r\n")), 200);
  EXPECT_EQ(farm.status_of(chunks_of("2\r\nxx\r\n")), 413);
}

// A message whose body has that many bytes.
std::string message_of(std::string_view action, std::size_t bytes) {
  std::string body = envelope({.action = action, .shell = shell_id(1)});
  EXPECT_LE(body.size(), bytes);
  body.append(bytes - body.size(), ' ');
  return post(body, std::string(kBasic) + "Content-Type: application/soap+xml;charset=UTF-8\r\n");
}

TEST_P(Limits, OfTheEnvelopeByItsKind) {
  Farm farm(
      [](auto& settings) {
        settings.limits.control_bytes = 3000;
        settings.limits.data_bytes = 5000;
      },
      workers());
  for (const auto* action : {"Receive", "Signal", "Delete"}) {
    EXPECT_EQ(farm.status_of(message_of(action, 3000)), 200) << action;
    EXPECT_EQ(farm.status_of(message_of(action, 3001)), 413) << action;
  }
  for (const auto* action : {"Create", "Command", "Send"}) {
    EXPECT_EQ(farm.status_of(message_of(action, 5000)), 200) << action;
    EXPECT_EQ(farm.status_of(message_of(action, 5001)), 413) << action;
  }
}

TEST_P(Limits, OfAnEnvelopeThatComesInChunks) {
  Farm farm([](auto& settings) { settings.limits.control_bytes = 3000; }, workers());
  const auto chunked = [](std::size_t bytes) {
    std::string body = envelope({.action = "Receive", .shell = shell_id(1)});
    body.append(bytes - body.size(), ' ');
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    return "POST /wsman HTTP/1.1\r\nHost: farm\r\n" + std::string(kBasic) +
           "Content-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n" + size + body +
           "\r\n0\r\n\r\n";
  };
  EXPECT_EQ(farm.status_of(chunked(3000)), 200);
  EXPECT_EQ(farm.status_of(chunked(3001)), 413);
}

TEST_P(Limits, OfTheEnvelopeThatNeedsNoLogin) {
  Farm farm([](auto& settings) { settings.limits.identify_bytes = 1000; }, workers());
  const auto identify = [](std::size_t bytes) {
    std::string body(winrm::kIdentifyBody);
    body.append(bytes - body.size(), ' ');
    return post(body, std::string(winrm::kIdentifyField) + "\r\nContent-Type: application/soap+xml\r\n");
  };
  EXPECT_EQ(farm.status_of(identify(1000)), 200);
  EXPECT_EQ(farm.status_of(identify(1001)), 413);
}

TEST_P(Limits, OfTheSessions) {
  Farm farm([](auto& settings) { settings.limits.sessions = 8; }, workers());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(farm.balancer().endpoint()));
    ASSERT_EQ(clients.back()->ask(post("hello")).status, 200);
  }
  Client ninth(farm.balancer().endpoint());
  EXPECT_EQ(ninth.ask(post("hello")).head, "");
  EXPECT_NE(ninth.ended(), Ended::TimedOut);
  EXPECT_EQ(clients[0]->ask(post("hello")).status, 200);
  farm.balancer().join(TestBalancer::Cut::Yes);
  EXPECT_EQ(farm.balancer().count(&proxy::Counters::sessions_refused), 1U);
}

}  // namespace
}  // namespace winrmlb::scenarios
