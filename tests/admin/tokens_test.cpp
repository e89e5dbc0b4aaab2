#include "winrmlb/admin/tokens.h"

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace winrmlb::admin {
namespace {

constexpr const char* kFile = "# of the operators\n\ndeploy  0123456789abcdef\r\nfedcba9876543210\n";

TEST(Tokens, AreKnownByTheirNames) {
  const auto tokens = Tokens::parse(kFile, "tokens");
  ASSERT_TRUE(tokens) << tokens.error().detail;
  EXPECT_EQ(tokens->name_of("Bearer 0123456789abcdef"), "deploy");
  EXPECT_EQ(tokens->name_of("bearer  fedcba9876543210 "), "of line 4");
  for (const auto* wrong : {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
                            "Basic 0123456789abcdef", "0123456789abcdef", "Bearer deploy"})
    EXPECT_FALSE(tokens->name_of(wrong)) << wrong;
}

TEST(Tokens, AFileThatCannotBeMeantIsRefused) {
  const auto why = [](const char* text) {
    const auto tokens = Tokens::parse(text, "tokens");
    return tokens ? std::string() : tokens.error().detail;
  };
  EXPECT_NE(why("").find("it holds none"), std::string::npos);
  EXPECT_NE(why("# nothing\n").find("it holds none"), std::string::npos);
  EXPECT_NE(why("deploy 0123456789abcde\n").find("the token of line 1 is shorter than 16"),
            std::string::npos);
  EXPECT_NE(why("a b 0123456789abcdef\n").find("line 1 is neither"), std::string::npos);
  EXPECT_EQ(why("deploy 0123456789abcdef"), "") << "sixteen are enough";
  Scratch scratch;
  EXPECT_FALSE(Tokens::load(scratch.path("none")));
}

}  // namespace
}  // namespace winrmlb::admin
