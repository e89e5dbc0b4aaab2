#include "winrmlb/app/handed_sockets.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winrmlb::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

net::ListeningSockets listening(std::size_t count) {
  auto sockets = net::listen_on(kAnyPort, count);
  if (!sockets) std::abort();
  return std::move(*sockets);
}

// Two descriptors of one socket have the same.
ino_t socket_behind(const net::Descriptor& descriptor) {
  struct stat about {};
  EXPECT_EQ(::fstat(descriptor.get(), &about), 0);
  return about.st_ino;
}

Endpoint give(HandedSockets& handed, const std::string& name, std::size_t count = 1) {
  auto sockets = listening(count);
  for (auto& socket : sockets.sockets)
    EXPECT_TRUE(handed.add(name, std::move(socket)));
  return sockets.bound;
}

TEST(HandedSockets, AreFoundByName) {
  HandedSockets handed;
  give(handed, "first");
  const auto second = give(handed, "second");
  const auto taken = handed.take("second", *Endpoint::parse("127.0.0.1:5985"));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->bound, second);
  EXPECT_EQ(taken->sockets.size(), 1U);
}

TEST(HandedSockets, AreFoundByAddress) {
  HandedSockets handed;
  const auto bound = give(handed, "winrm-lb.socket", 3);
  const auto taken = handed.take("plain", bound);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->sockets.size(), 3U) << "all of the address";
  EXPECT_TRUE(handed.empty());
}

TEST(HandedSockets, OfANameTakeWhatSharesItsAddress) {
  HandedSockets handed;
  const auto one = give(handed, "same");
  give(handed, "same");
  const auto taken = handed.take("same", kAnyPort);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->bound, one);
  EXPECT_EQ(taken->sockets.size(), 1U);
  EXPECT_TRUE(handed.take("same", kAnyPort)) << "the other one";
  EXPECT_FALSE(handed.take("same", kAnyPort));
}

TEST(HandedSockets, WhatNobodyTakesIsClosedAndNamed) {
  HandedSockets handed;
  const auto bound = give(handed, "old", 2);
  EXPECT_FALSE(handed.take("new", *Endpoint::parse("127.0.0.1:1")));
  EXPECT_THAT(handed.drop_rest(), ElementsAre(bound));
  EXPECT_TRUE(net::listen_on(bound, 1)) << "the address is free again";
}

TEST(HandedSockets, WhatDoesNotListenIsRefused) {
  HandedSockets handed;
  const auto added = handed.add("plain", net::Descriptor(::socket(AF_INET, SOCK_STREAM, 0)));
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().detail, HasSubstr("plain"));
  EXPECT_FALSE(handed.add("datagrams", net::Descriptor(::socket(AF_INET, SOCK_DGRAM, 0))));
  EXPECT_FALSE(handed.add("nothing", net::Descriptor(::dup(STDERR_FILENO))));
}

TEST(HandedSockets, AcceptWithoutWaiting) {
  HandedSockets handed;
  const auto bound = give(handed, "plain");
  const auto taken = handed.take("plain", bound);
  ASSERT_TRUE(taken);
  EXPECT_EQ(net::accept_one(taken->sockets.front().get()).error().code, ErrorCode::Closed);
}

// Whatever the numbers: no socket is without a worker, for its queue would never be served, and no worker
// without a socket.
TEST(ShareOut, EverySocketHasAWorkerAndEveryWorkerASocket) {
  for (const std::size_t have : {1, 2, 3, 4, 5}) {
    const auto sockets = listening(have);
    for (const std::size_t workers : {1, 2, 3, 4, 5}) {
      const auto shares = share_out(sockets, workers);
      ASSERT_TRUE(shares);
      ASSERT_EQ(shares->size(), workers);
      std::set<ino_t> served;
      for (const auto& share : *shares) {
        EXPECT_FALSE(share.empty()) << have << " sockets, " << workers << " workers";
        for (const auto& socket : share)
          served.insert(socket_behind(socket));
      }
      EXPECT_EQ(served.size(), have) << workers << " workers";
    }
  }
}

TEST(ShareOut, AsManySocketsAsWorkersStayWithTheirWorker) {
  const auto sockets = listening(3);
  const auto shares = share_out(sockets, 3);
  ASSERT_TRUE(shares);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ((*shares)[i].size(), 1U);
    EXPECT_EQ(socket_behind((*shares)[i].front()), socket_behind(sockets.sockets[i]));
  }
}

}  // namespace
}  // namespace winrmlb::app
