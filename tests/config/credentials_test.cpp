// Secrets that systemd gives to a service: ${CREDENTIALS_DIRECTORY}/NAME in place of a file.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/config/load.h"

namespace winrmlb::config {
namespace {

using ::testing::HasSubstr;

class Credentials : public ::testing::Test {
 protected:
  ~Credentials() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }

  static Loaded load(const std::string& key_file) {
    return load_text(
        "listeners:\n  - {bind: \"127.0.0.1:5985\", pool: teams}\npools:\n  teams:\n    affinity: {cookie: "
        "{key_file: \"" +
            key_file + "\"}}\n    servers:\n      ps1: {host: 10.0.0.11}\n",
        "test.yaml");
  }

  Scratch scratch;
};

TEST_F(Credentials, AreFoundWhereSystemdPutThem) {
  scratch.write("cookie-key", "c2VjcmV0\n");
  ::setenv("CREDENTIALS_DIRECTORY", scratch.path("").c_str(), 1);
  const auto loaded = load("${CREDENTIALS_DIRECTORY}/cookie-key");
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  EXPECT_EQ(loaded.settings->pools[0].affinity.cookie.key_file, scratch.path("cookie-key"));
}

TEST_F(Credentials, OneThatTheUnitDoesNotLoadIsAMistake) {
  ::setenv("CREDENTIALS_DIRECTORY", scratch.path("").c_str(), 1);
  const auto loaded = load("${CREDENTIALS_DIRECTORY}/cookie-key");
  ASSERT_FALSE(loaded.settings);
  EXPECT_THAT(loaded.mistakes.front().text, HasSubstr("cannot read the file " + scratch.path("cookie-key")));
}

TEST_F(Credentials, OutsideOfTheServiceItIsSaidWhoseTheyAre) {
  const auto loaded = load("${CREDENTIALS_DIRECTORY}/cookie-key");
  ASSERT_FALSE(loaded.settings);
  EXPECT_THAT(loaded.mistakes.front().text, HasSubstr("LoadCredential="));
}

}  // namespace
}  // namespace winrmlb::config
