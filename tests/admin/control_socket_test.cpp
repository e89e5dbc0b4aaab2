#include "winrmlb/admin/control_socket.h"

#include <filesystem>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "admin/admin_support.h"
#include "support/scratch.h"
#include "winrmlb/admin/control_client.h"

namespace winrmlb::admin {
namespace {

class ControlSocketTest : public ::testing::Test {
 protected:
  ControlSocketTest() {
    loop.run([this] {
      socket = std::make_unique<ControlSocket>(
          loop.io(), Verbs{.view = [this] { return farm.view(); }, .reload = [this] { return reload(); }});
      const auto opened = socket->open(path);
      ASSERT_TRUE(opened) << opened.error().detail;
    });
  }
  ~ControlSocketTest() override {
    loop.run([this] {
      socket->close();
      socket.reset();
    });
  }

  Status reload() {
    if (reload_error.empty()) return Done{};
    return Error{ErrorCode::Config, Side::Local, reload_error};
  }
  /// Sends bytes as they are, and returns all that comes back.
  std::string raw(std::string_view bytes) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    (void)::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::string all;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(descriptor, buffer, sizeof buffer, 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(got));
    ::close(descriptor);
    return all;
  }

  Farm farm;
  Scratch scratch;
  std::string path = scratch.path("control.sock");
  std::string reload_error;
  Loop loop;
  std::unique_ptr<ControlSocket> socket;
};

TEST_F(ControlSocketTest, AnswersStatusAndExplain) {
  const auto status = ask(path, {{"command", "status"}});
  ASSERT_TRUE(status) << status.error().detail;
  EXPECT_EQ(status->at("version"), "1.2.3");
  const auto explained = ask(path, {{"command", "explain"}, {"client", "10.1.2.3"}});
  ASSERT_TRUE(explained) << explained.error().detail;
  EXPECT_EQ(explained->at("reason"), "assigned");
}

TEST_F(ControlSocketTest, ReloadSaysHowItWent) {
  const auto good = ask(path, {{"command", "reload"}});
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_EQ(good->at("revision"), 3);
  reload_error = "winrm-lb.yaml:3:1: no such key";
  const auto bad = ask(path, {{"command", "reload"}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().detail, reload_error);
}

TEST_F(ControlSocketTest, WhatMakesNoSenseGetsAnErrorOrAClose) {
  EXPECT_EQ(raw("{\"command\":\"dance\"}\n"), "{\"error\":\"there is no command dance\"}\n");
  EXPECT_EQ(raw("{}\n"), "{\"error\":\"the request names no command\"}\n");
  EXPECT_EQ(raw("[1]\n"), "{\"error\":\"the request is not a JSON object\"}\n");
  EXPECT_EQ(raw("nonsense\n"), "{\"error\":\"the request is not a JSON object\"}\n");
  EXPECT_EQ(raw(std::string(100'000, 'x')), "") << "more than any request can be";
  EXPECT_TRUE(ask(path, {{"command", "status"}}));
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
    const auto status = ask(path, {{"command", "status"}});
    EXPECT_TRUE(status) << status.error().detail;
    const auto reloaded = ask(path, {{"command", "reload"}});
    ASSERT_FALSE(reloaded);
    EXPECT_EQ(reloaded.error().detail, "this takes root, or the user that winrm-lb runs as");
  }).join();
  EXPECT_TRUE(ask(path, {{"command", "reload"}}));
}

TEST_F(ControlSocketTest, ASecondProcessIsRefusedAndAStaleSocketIsReplaced) {
  loop.run([this] {
    ControlSocket second(loop.io(), {});
    const auto opened = second.open(path);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().detail.find("another process answers on it"), std::string::npos);
  });
  const auto stale = scratch.path("stale.sock");
  const int left_over = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  stale.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(left_over, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(left_over);
  loop.run([&] {
    ControlSocket next(loop.io(), {});
    const auto opened = next.open(stale);
    EXPECT_TRUE(opened) << opened.error().detail;
    next.close();
    loop.io().poll();
  });
  EXPECT_FALSE(std::filesystem::exists(stale)) << "a socket is taken away by close()";
}

TEST(ControlClient, SaysWhatToLookForWhenNobodyAnswers) {
  Scratch scratch;
  const auto answer = ask(scratch.path("none.sock"), {{"command", "status"}});
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("admin.socket"), std::string::npos) << answer.error().detail;
}

}  // namespace
}  // namespace winrmlb::admin
