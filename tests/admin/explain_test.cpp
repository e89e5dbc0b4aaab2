#include "winrmlb/admin/explain.h"

#include <gtest/gtest.h>

#include "admin/admin_support.h"

namespace winrmlb::admin {
namespace {

Question about(const char* client) {
  Question question;
  question.client = IpAddress::parse(client);
  return question;
}

TEST(Explain, SaysWhereAnAddressWouldGoAndChangesNothing) {
  Farm farm;
  farm.server("ps1").fitness = balance::Fitness::Down;
  const auto answer = explain(farm.view(), about("10.1.2.3"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("server"), "ps2");
  EXPECT_EQ(answer->at("reason"), "assigned");
  EXPECT_NE(std::string(answer->at("text").as_string()).find("10.1.2.3"), std::string::npos);
  EXPECT_EQ(farm.pool().affinity().counters().entries, 0U);
}

TEST(Explain, AgreesWithTheRouting) {
  Farm farm;
  const auto client = farm.pool().client_of(*IpAddress::parse("10.1.2.3"));
  const auto choice = farm.pool().route({.client = client, .bound = {}, .pinned = {}}, farm.view().now);
  auto question = about("10.1.2.3");
  question.pool = "teams";
  const auto answer = explain(farm.view(), question);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("reason"), "affinity");
  EXPECT_EQ(std::string(answer->at("server").as_string()), farm.pool().member(*choice.server)->state->name);
}

TEST(Explain, AShellThatIsNamedLeadsToItsServer) {
  Farm farm;
  const auto shell = *Uuid::parse("7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001");
  const auto* holder = farm.pool().member("ps2");
  farm.pool().shells().learn({.id = shell,
                              .server = holder->state->id,
                              .client = farm.pool().client_of(*IpAddress::parse("10.9.9.9"))},
                             farm.view().now);
  const auto asked = [&](const char* id) {
    auto question = about("10.1.2.3");
    question.shell = id;
    return explain(farm.view(), question);
  };
  const auto answer = asked("7b1f3d60-2a5c-4e7e-8c0d-55e1a9d0c001");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("server"), "ps2");
  EXPECT_EQ(answer->at("reason"), "pinned");
  const auto other = asked("00000000-2a5c-4e7e-8c0d-55e1a9d0c001");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->at("reason"), "assigned");
  EXPECT_NE(std::string(other->at("text").as_string()).find("is not known here"), std::string::npos);
  const auto wrong = asked("no such thing");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().detail, "a shell is named by its id, a UUID");
}

TEST(Explain, ASessionThatIsBoundStaysWhereItsLoginIs) {
  Farm farm;
  Question question;
  question.session = proxy::SessionRow{.id = SessionId(7),
                                       .listener = "plain",
                                       .pool = "teams",
                                       .client = *Endpoint::parse("10.1.2.3:5000"),
                                       .server = "ps2",
                                       .bound = true};
  const auto answer = explain(farm.view(), question);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("reason"), "bound");
  EXPECT_EQ(answer->at("server"), "ps2");
}

TEST(Explain, SaysWhatAQuestionLacks) {
  Farm farm;
  EXPECT_FALSE(explain(farm.view(), {}));
  auto question = about("10.1.2.3");
  question.pool = "none";
  const auto answer = explain(farm.view(), question);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().detail, "there is no pool none; there is teams");
}

}  // namespace
}  // namespace winrmlb::admin
