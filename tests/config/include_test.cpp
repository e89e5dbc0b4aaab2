#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "winrmlb/config/load.h"

namespace winrmlb::config {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A folder of its own for each test.
class Include : public ::testing::Test {
 protected:
  Include() {
    std::string pattern = (fs::temp_directory_path() / "winrm-lb-include-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Include() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  Loaded load() { return load_file((folder_ / "lb.yaml").string()); }

  fs::path folder_;
};

TEST_F(Include, PoolsComeFromFilesOfTheirOwn) {
  write("lb.yaml", "include: [\"pools.d/*.yaml\"]\nlisteners: [{bind: \"127.0.0.1:1\", pool: b}]\n");
  write("pools.d/b.yaml", "pools: {b: {servers: {s: {host: h}}}}\n");
  write("pools.d/a.yaml", "pools: {a: {servers: {s: {host: i}}}}\n");
  const auto loaded = load();
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  ASSERT_EQ(loaded.settings->pools.size(), 2U);
  EXPECT_EQ(loaded.settings->pools[0].name, "a") << "in the order of their names";
}

TEST_F(Include, MistakesNameTheIncludedFile) {
  write("lb.yaml", "include: [p.yaml, gone.yaml]\nlisteners: [{bind: \"127.0.0.1:1\", pool: b}]\n");
  write("p.yaml", "pools:\n  b: {servers: {s: {host: h, prt: 1}}}\nworkers: 2\n");
  const auto loaded = load();
  ASSERT_EQ(loaded.mistakes.size(), 3U);
  EXPECT_THAT(render(loaded.mistakes[0]), HasSubstr("lb.yaml:1:19: include[1]: cannot read the file"));
  EXPECT_THAT(render(loaded.mistakes[1]),
              HasSubstr("p.yaml:2:30: pools.b.servers.s.prt: an unknown key; did you mean port?"));
  EXPECT_THAT(render(loaded.mistakes[2]), HasSubstr("p.yaml:3:1: workers: an unknown key; there are pools"));
}

TEST_F(Include, AMistakeBeforeDoesNotHideThoseOfLaterFiles) {
  write("lb.yaml",
        "include: [gone.yaml, syntax.yaml, p.yaml]\nworkers: x\nlisteners: [{bind: \"127.0.0.1:1\", pool: "
        "q}]\n");
  write("syntax.yaml", "pools: [\n}\n");
  write("p.yaml", "pools:\n  b: {servers: {s: {host: h, prt: 1}}}\n");
  const auto loaded = load();
  ASSERT_EQ(loaded.mistakes.size(), 4U)
      << "and none that pool q is missing: it may stand in what could not be read";
  EXPECT_THAT(render(loaded.mistakes[0]), HasSubstr("lb.yaml:1:11: include[0]: cannot read the file"));
  EXPECT_THAT(render(loaded.mistakes[1]), HasSubstr("lb.yaml:2:10: workers: "));
  EXPECT_THAT(render(loaded.mistakes[2]), HasSubstr("syntax.yaml:2:1: this is not YAML"));
  EXPECT_THAT(render(loaded.mistakes[3]), HasSubstr("p.yaml:2:30: pools.b.servers.s.prt: "));
}

TEST_F(Include, AGoodFileAfterAMistakeIsReadAllTheSame) {
  write("lb.yaml", "workers: x\ninclude: [p.yaml]\nlisteners: [{bind: \"127.0.0.1:1\", pool: b}]\n");
  write("p.yaml", "pools: {b: {servers: {s: {host: h}}}}\n");
  const auto loaded = load();
  ASSERT_EQ(loaded.mistakes.size(), 1U) << render(loaded.mistakes[1]);
  EXPECT_EQ(loaded.mistakes[0].key, "workers");
}

TEST_F(Include, WhatIsNoOrdinaryFileIsRefused) {
  write("lb.yaml", "include: [/dev/zero, sub]\nlisteners: [{bind: \"127.0.0.1:1\", pool: b}]\n");
  fs::create_directories(folder_ / "sub");
  const auto loaded = load();
  ASSERT_EQ(loaded.mistakes.size(), 2U);
  EXPECT_THAT(loaded.mistakes[0].text, HasSubstr("/dev/zero: it is no ordinary file"));
  EXPECT_THAT(loaded.mistakes[1].text, HasSubstr("it is a folder"));
}

TEST_F(Include, APoolMayStandInOneFileOnly) {
  write("lb.yaml",
        "include: [p.yaml]\nlisteners: [{bind: \"127.0.0.1:1\", pool: b}]\npools: {b: {servers: {s: {host: "
        "h}}}}\n");
  write("p.yaml", "pools: {b: {servers: {s: {host: h}}}}\n");
  const auto loaded = load();
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(loaded.mistakes[0].text, HasSubstr("stands here twice"));
}

TEST_F(Include, RelativeFilesStartWhereTheFileThatNamesThemIs) {
  write("lb.yaml", "include: [sub/p.yaml]\nlisteners: [{bind: \"127.0.0.1:1\", pool: b}]\n");
  write("sub/p.yaml", "pools: {b: {server_tls: {ca: ca.pem}, servers: {s: {host: h}}}}\n");
  write("sub/ca.pem", "x");
  const auto loaded = load();
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  EXPECT_EQ(loaded.settings->pools[0].server_tls.ca, (folder_ / "sub/ca.pem").string());
}

}  // namespace
}  // namespace winrmlb::config
