// Every limit of a configuration at n and at n + 1.
#include <filesystem>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/config/load.h"

namespace winrmlb::config {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kListeners[] = "listeners: [{bind: \"127.0.0.1:0\", pool: p0}]\n";
constexpr char kPool[] = "pools: {p0: {servers: {s: {host: h}}}}\n";

std::string repeated(std::size_t count, const std::function<std::string(std::size_t)>& one) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += one(i);
  return out;
}

void expect_good(const std::string& yaml) {
  const auto loaded = load_text(yaml, "test.yaml");
  EXPECT_TRUE(loaded.settings) << render(loaded.mistakes.front());
}

void expect_only(const std::string& yaml, const std::string& key, const std::string& text) {
  const auto loaded = load_text(yaml, "test.yaml");
  ASSERT_EQ(loaded.mistakes.size(), 1U) << (loaded.mistakes.empty() ? "" : render(loaded.mistakes.front()));
  EXPECT_EQ(loaded.mistakes[0].key, key);
  EXPECT_THAT(loaded.mistakes[0].text, HasSubstr(text));
}

TEST(Limits, BytesOfAFile) {
  std::string yaml = std::string(kListeners) + kPool + "#";
  yaml.resize(1024 * 1024, 'x');
  expect_good(yaml);
  expect_only(yaml + "x", "", "1MiB at most");
}

TEST(Limits, BytesOfAFileThatIsRead) {
  std::string pattern = (fs::temp_directory_path() / "winrm-lb-limits-XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  std::string yaml = std::string(kListeners) + kPool + "#";
  yaml.resize(1024 * 1024, 'x');
  const auto file = folder / "lb.yaml";
  std::ofstream(file) << yaml;
  EXPECT_TRUE(load_file(file.string()).settings);
  std::ofstream(file) << yaml << "x";
  const auto loaded = load_file(file.string());
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(loaded.mistakes[0].text, HasSubstr("larger than 1MiB"));
  fs::remove_all(folder);
}

TEST(Limits, FilesIncluded) {
  std::string pattern = (fs::temp_directory_path() / "winrm-lb-limits-XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  std::ofstream(folder / "lb.yaml") << kListeners << "include: [\"p*.yaml\"]\n";
  const auto add = [&](std::size_t i) {
    const auto n = std::to_string(i);
    std::ofstream(folder / ("p" + n + ".yaml"))
        << "pools: {p" << n << ": {servers: {s: {host: h" << n << "}}}}\n";
  };
  for (std::size_t i = 0; i < 255; ++i)
    add(i);
  const auto full = load_file((folder / "lb.yaml").string());
  EXPECT_TRUE(full.settings) << render(full.mistakes.front());
  add(255);
  const auto over = load_file((folder / "lb.yaml").string());
  ASSERT_EQ(over.mistakes.size(), 1U);
  EXPECT_THAT(over.mistakes[0].text, HasSubstr("256 files at most"));
  fs::remove_all(folder);
}

TEST(Limits, DepthOfNesting) {
  const auto nested = [](std::size_t depth) {
    return "a: " + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "\n";
  };
  // The mapping of the file is the first level.
  const auto deepest = load_text(nested(16), "test.yaml");
  ASSERT_FALSE(deepest.mistakes.empty());
  EXPECT_THAT(deepest.mistakes.front().key, "a") << "read to its end, and only the key is unknown";
  expect_only(nested(17), "", "nested 16 deep at most");
}

TEST(Limits, ValuesOfAFile) {
  // The mapping, the key, the list, and what stands in it.
  const auto values = [](std::size_t count) {
    return "a: [" + repeated(count - 3, [](std::size_t) { return "x,"; }) + "]\n";
  };
  const auto most = load_text(values(100'000), "test.yaml");
  ASSERT_FALSE(most.mistakes.empty());
  EXPECT_EQ(most.mistakes.front().key, "a");
  expect_only(values(100'001), "", "100000 values at most");
}

TEST(Limits, NumberOfListeners) {
  const auto listeners = [](std::size_t count) {
    return "listeners:\n" +
           repeated(count,
                    [](std::size_t i) {
                      return "  - {bind: \"127.0.0.1:" + std::to_string(10'000 + i) + "\", pool: p0}\n";
                    }) +
           kPool;
  };
  expect_good(listeners(256));
  expect_only(listeners(257), "listeners[256]", "256 listeners at most");
}

TEST(Limits, NumberOfPools) {
  const auto pools = [](std::size_t count) {
    return std::string(kListeners) + "pools:\n" + repeated(count, [](std::size_t i) {
             const auto n = std::to_string(i);
             return "  p" + n + ": {servers: {s: {host: h" + n + "}}}\n";
           });
  };
  expect_good(pools(1000));
  expect_only(pools(1001), "pools.p1000", "1000 of these at most");
}

std::string pool_of(std::size_t pool, std::size_t servers) {
  return "  p" + std::to_string(pool) + ":\n    servers:\n" + repeated(servers, [&](std::size_t i) {
           return "      s" + std::to_string(i) + ": {host: h" + std::to_string(pool) + "-" +
                  std::to_string(i) + "}\n";
         });
}

TEST(Limits, ServersOfAPool) {
  expect_good(std::string(kListeners) + "pools:\n" + pool_of(0, 1000));
  expect_only(std::string(kListeners) + "pools:\n" + pool_of(0, 1001), "pools.p0.servers.s1000",
              "1000 of these at most");
}

TEST(Limits, ServersInAllPools) {
  const auto ten =
      std::string(kListeners) + "pools:\n" + repeated(10, [](std::size_t i) { return pool_of(i, 1000); });
  expect_good(ten);
  expect_only(ten + pool_of(10, 1), "pools", "10000 servers at most");
}

TEST(Limits, ClientsOfAPool) {
  const auto clients = [](std::size_t count) {
    return std::string(kListeners) +
           "pools:\n  p0:\n    affinity: {assign: planned}\n    servers: {s: {host: h}}\n" +
           "    clients: [" +
           repeated(count,
                    [](std::size_t i) {
                      return "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ",";
                    }) +
           "]\n";
  };
  expect_good(clients(10'000));
  expect_only(clients(10'001), "pools.p0.clients[10000]", "10000 clients at most");
}

TEST(Limits, NetworksOfAList) {
  const Scratch scratch;
  const std::string key_file = scratch.write("cookie.keys", "");
  const auto networks = [&](std::size_t count) {
    return std::string(kListeners) + "pools:\n  p0:\n    servers: {s: {host: h}}\n" +
           "    affinity: {cookie: {key_file: " + key_file + ", clients: [" +
           repeated(count,
                    [](std::size_t i) {
                      return "10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24,";
                    }) +
           "]}}\n";
  };
  expect_good(networks(1000));
  expect_only(networks(1001), "pools.p0.affinity.cookie.clients[1000]", "1000 networks at most");
}

TEST(Limits, BytesOfTheControlSocketsPath) {
  const auto socket = [](std::size_t bytes) {
    return std::string(kListeners) + kPool + "admin: {socket: /" + std::string(bytes - 1, 'x') + "}\n";
  };
  expect_good(socket(107));
  expect_only(socket(108), "admin.socket", "107 bytes at most");
}

TEST(Limits, BytesOfANameAndOfAHost) {
  const auto named = [](std::size_t bytes) {
    return std::string(kListeners) + "pools: {p0: {servers: {" + std::string(bytes, 's') + ": {host: h}}}}\n";
  };
  expect_good(named(64));
  expect_only(named(65), "pools.p0.servers." + std::string(65, 's'), "is no name");

  const auto host = [](std::size_t label, std::size_t labels) {
    const std::string one = std::string(label, 'h') + ".";
    auto name = repeated(labels, [&](std::size_t) { return one; });
    name.pop_back();
    return std::string(kListeners) + "pools: {p0: {servers: {s: {host: " + name + "}}}}\n";
  };
  expect_good(host(63, 1));
  expect_only(host(64, 1), "pools.p0.servers.s.host", "neither an IP address nor a host name");
  expect_good(host(1, 127));  // 253 characters
  expect_only(host(2, 85), "pools.p0.servers.s.host", "neither an IP address nor a host name");
}

TEST(Limits, MistakesThatAreShown) {
  const auto keys = [](std::size_t count) {
    return std::string(kListeners) + kPool +
           repeated(count, [](std::size_t i) { return "key" + std::to_string(i) + "x: 1\n"; });
  };
  EXPECT_EQ(load_text(keys(100), "test.yaml").mistakes.size(), 100U);
  const auto over = load_text(keys(101), "test.yaml").mistakes;
  ASSERT_EQ(over.size(), 101U);
  EXPECT_EQ(over.back().text, "and 1 more");
}

}  // namespace
}  // namespace winrmlb::config
