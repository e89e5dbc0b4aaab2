#include "winrmlb/admin/control_socket.h"

#include <filesystem>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/admin_support.h"
#include "support/scratch.h"
#include "winrmlb/admin/control_client.h"

namespace winrmlb::admin {
namespace {

using ::testing::HasSubstr;

class ControlSocketTest : public ::testing::Test {
 protected:
  ControlSocketTest() {
    loop.run([this] {
      socket = std::make_unique<ControlSocket>(loop.io(), api);
      const auto opened = socket->open(path);
      ASSERT_TRUE(opened) << opened.error().detail;
    });
  }
  ~ControlSocketTest() override {
    loop.run([this] {
      api.events().close();
      socket->close();
      socket.reset();
    });
  }

  /// Sends bytes as they are, and returns all that comes back.
  std::string raw(std::string_view bytes) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    (void)::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    (void)::shutdown(descriptor, SHUT_WR);
    std::string all;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(descriptor, buffer, sizeof buffer, 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(got));
    ::close(descriptor);
    return all;
  }

  Desk desk;
  Api api{desk.verbs()};
  Scratch scratch;
  std::string path = scratch.path("control.sock");
  Loop loop;
  std::unique_ptr<ControlSocket> socket;
  ControlClient client{path};
};

TEST_F(ControlSocketTest, AnswersStatusAndExplain) {
  const auto status = client.get("/status");
  ASSERT_TRUE(status) << status.error().detail;
  EXPECT_EQ(status->json.at("version"), "1.2.3");
  const auto explained = client.get("/explain?client=10.1.2.3");
  ASSERT_TRUE(explained) << explained.error().detail;
  EXPECT_EQ(explained->json.at("reason"), "assigned");
}

TEST_F(ControlSocketTest, AProblemComesAsItsDetail) {
  EXPECT_TRUE(client.ask("POST", "/configuration/reload", {}));
  desk.reload_error = "winrm-lb.yaml:3:1: no such key";
  const auto bad = client.ask("POST", "/configuration/reload", {});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().detail, desk.reload_error);
  const auto none = client.get("/pools/teams/servers/" + percent_encoded("p s/9"));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().detail, HasSubstr("there is no server p s/9"));
}

TEST_F(ControlSocketTest, WhatMakesNoSenseGetsAnErrorOrAClose) {
  EXPECT_EQ(raw("nonsense\n"), "");
  EXPECT_EQ(raw("GET /api/v1/status HT"), "");
  EXPECT_THAT(raw("GET /api/v1/dance HTTP/1.1\r\nConnection: close\r\n\r\n"), HasSubstr("404 Not Found"));
  EXPECT_THAT(raw("GET /" + std::string(100'000, 'x')), HasSubstr("413 Content Too Large"));
  EXPECT_THAT(raw("POST /api/v1/sessions/kick HTTP/1.1\r\nContent-Length: 70000\r\n\r\n"),
              HasSubstr("413 Content Too Large"));
  EXPECT_TRUE(client.get("/status"));
}

TEST_F(ControlSocketTest, IsForOwnerAndGroupOnly) {
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions() &
                (perms::others_all | perms::owner_exec | perms::group_exec),
            perms::none);
}

TEST_F(ControlSocketTest, TheGroupMayAskButNotChangeAnything) {
  if (::geteuid() != 0) GTEST_SKIP() << "another user can be tried by root only";
  std::filesystem::permissions(std::filesystem::path(path).parent_path(), std::filesystem::perms::group_exec,
                               std::filesystem::perm_options::add);
  std::thread([this] {
    // The system call itself: it changes this thread alone, and the C library's function all of them.
    ASSERT_EQ(::syscall(SYS_setresuid, -1, 65534, -1), 0);
    const auto status = client.get("/status");
    EXPECT_TRUE(status) << status.error().detail;
    const auto reloaded = client.ask("POST", "/configuration/reload", {});
    ASSERT_FALSE(reloaded);
    EXPECT_EQ(reloaded.error().detail, "this takes root, or the user that winrm-lb runs as");
  }).join();
  EXPECT_TRUE(client.ask("POST", "/configuration/reload", {}));
  loop.run([this] {
    ASSERT_EQ(desk.changes.size(), 2U);
    EXPECT_EQ(desk.changes[0].who, "uid 65534");
    EXPECT_EQ(desk.changes[0].status, 403U);
    EXPECT_EQ(desk.changes[1].who, "uid 0");
    EXPECT_THAT(desk.changes[1].from, HasSubstr("control socket, pid " + std::to_string(::getpid())));
  });
}

TEST_F(ControlSocketTest, ASecondProcessIsRefusedAndAStaleSocketIsReplaced) {
  loop.run([this] {
    ControlSocket second(loop.io(), api);
    const auto opened = second.open(path);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().detail, HasSubstr("another process answers on it"));
  });
  const auto stale = scratch.path("stale.sock");
  const int left_over = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  stale.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(left_over, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(left_over);
  loop.run([&] {
    ControlSocket next(loop.io(), api);
    const auto opened = next.open(stale);
    EXPECT_TRUE(opened) << opened.error().detail;
    next.close();
    loop.io().poll();
  });
  EXPECT_FALSE(std::filesystem::exists(stale)) << "a socket is taken away by close()";
}

TEST(ControlClient, SaysWhatToLookForWhenNobodyAnswers) {
  Scratch scratch;
  const auto answer = ControlClient(scratch.path("none.sock")).get("/status");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().detail, HasSubstr("admin.socket"));
}

}  // namespace
}  // namespace winrmlb::admin
