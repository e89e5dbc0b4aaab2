#include "winrmlb/core/uuid.h"

#include <unordered_set>

namespace winrmlb {
namespace {

constexpr std::string_view kText = "7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001";

TEST(Uuid, IsReadInEveryWrappingAndCase) {
  const auto id = Uuid::parse(kText);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), kText);
  for (const auto* same :
       {"7b1f3d60-2a5c-4e7e-8c0d-55e1a9d0c001", "uuid:7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001",
        "urn:uuid:7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001", "{7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001}",
        "UUID:7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001"}) {
    EXPECT_EQ(Uuid::parse(same), id) << same;
  }
}

TEST(Uuid, NothingElseIsOne) {
  for (const auto* text :
       {"", "7B1F3D60", "7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C00", "7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C0011",
        "7B1F3D60x2A5C-4E7E-8C0D-55E1A9D0C001", "7G1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001",
        "{7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001", "uuid:{7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001}"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, AnyTextGivesOneAndCaseDoesNotMatter) {
  EXPECT_EQ(Uuid::of(kText), *Uuid::parse(kText));
  EXPECT_EQ(Uuid::of("Shell-1"), Uuid::of("sHELL-1"));
  EXPECT_TRUE(Uuid::of("Shell-1").is_hash());
  EXPECT_FALSE(Uuid::of(kText).is_hash());
  std::unordered_set<Uuid> seen;
  for (int i = 0; i < 10000; ++i)
    EXPECT_TRUE(seen.insert(Uuid::of("shell " + std::to_string(i))).second);
}

}  // namespace
}  // namespace winrmlb
