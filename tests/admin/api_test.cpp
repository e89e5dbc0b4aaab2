#include "winrmlb/admin/api.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/admin_support.h"
#include "winrmlb/admin/shapes.h"

namespace winrmlb::admin {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

class ApiTest : public ::testing::Test {
 protected:
  static Caller operator_() {
    return {.may = Caller::May::Change, .who = "token deploy", .from = "127.0.0.1:4000", .refused = {}};
  }
  static Caller reader() {
    return {.may = Caller::May::Read, .who = "anybody", .from = "127.0.0.1:4000", .refused = {}};
  }
  ApiAnswer call(const std::string& method, const std::string& target, const std::string& body = {},
                 const Caller& caller = operator_(), const std::string& if_match = {}) {
    std::optional<ApiAnswer> answer;
    api.answer({.method = method, .target = target, .body = body, .if_match = if_match, .caller = caller},
               [&](ApiAnswer given) {
                 EXPECT_FALSE(answer) << "answered twice";
                 answer = std::move(given);
               });
    EXPECT_TRUE(answer) << method << " " << target << " was not answered";
    const auto shape =
        answer && answer->status < 300 ? shape_of(api.operations(), method, target) : "Problem";
    if (answer && !shape.empty() && answer->type.find("json") != std::string::npos) {
      EXPECT_EQ(misfit(json::parse(answer->body), shape), "") << method << " " << target << "\n"
                                                              << answer->body;
      if (answer->status < 300) answered.insert(std::string(shape));
    }
    return answer.value_or(ApiAnswer{});
  }
  json::object get(const std::string& target) {
    const auto answer = call("GET", target);
    EXPECT_EQ(answer.status, 200U) << target << ": " << answer.body;
    return json::parse(answer.body).as_object();
  }
  static std::string detail(const ApiAnswer& answer) {
    EXPECT_EQ(answer.type, "application/problem+json") << answer.body;
    const auto problem = json::parse(answer.body).as_object();
    EXPECT_EQ(problem.at("status").to_number<unsigned>(), answer.status);
    return std::string(problem.at("detail").as_string());
  }
  static std::string field(const ApiAnswer& answer, const std::string& name) {
    for (const auto& [key, value] : answer.fields) {
      if (key == name) return value;
    }
    return {};
  }
  ClientAddress address(const char* text) { return desk.farm.pool().client_of(*IpAddress::parse(text)); }
  /// Sends the address to some server, and says to which.
  std::string assign(const char* text) {
    const auto choice =
        desk.farm.pool().route({.client = address(text), .bound = {}, .pinned = {}}, desk.farm.view().now);
    return desk.farm.pool().member(*choice.server)->state->name;
  }

  Desk desk;
  Api api{desk.verbs()};
  std::set<std::string> answered;  // shapes of good answers
};

// ---- the table
// -----------------------------------------------------------------------------------------------------

TEST_F(ApiTest, EachOperationHasOneNameAndOnePlace) {
  std::set<std::string> names, places;
  for (const auto& row : api.operations()) {
    EXPECT_TRUE(names.insert(std::string(row.name)).second) << row.name;
    EXPECT_TRUE(places.insert(std::string(row.method) + " " + std::string(row.path)).second) << row.path;
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_EQ(row.access == Access::Change, row.method != "GET")
        << row.name << ": GET is what changes nothing";
    for (const auto& parameter : row.parameters) {
      EXPECT_FALSE(parameter.help.empty()) << row.name << " " << parameter.name;
      const bool in_path = row.path.find("{" + std::string(parameter.name) + "}") != std::string_view::npos;
      EXPECT_EQ(in_path, parameter.in == Parameter::In::Path) << row.name << " " << parameter.name;
    }
  }
}

TEST_F(ApiTest, TheIndexListsAllOfThem) {
  const auto index = get("/api/v1");
  EXPECT_EQ(index.at("operations").as_array().size(), api.operations().size());
}

TEST_F(ApiTest, WhateverCanBeReadHasTheShapeThatIsWrittenDown) {
  desk.farm.pool().shells().learn({.id = *Uuid::parse("7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001"),
                                   .server = desk.farm.server("ps2").id,
                                   .client = address("10.9.9.9"),
                                   .user = "CORP\\robot"},
                                  desk.farm.view().now);
  desk.sessions.push_back({.id = SessionId(1)});
  desk.history.note({.requests = 1}, {{ServerId(1), "teams", "ps1", 70, 1, 5, 2, 4}},
                    TimePoint{} + seconds(10), {});
  desk.history.note(
      {.at = {}, .pool = "teams", .server = "ps1", .from = "up", .to = "down", .why = "refused"});
  for (const auto* target :
       {"/api/v1", "/api/v1/version", "/api/v1/status", "/api/v1/configuration", "/api/v1/listeners",
        "/api/v1/certificates", "/api/v1/history", "/api/v1/log-level", "/api/v1/pools",
        "/api/v1/pools/teams", "/api/v1/pools/teams/servers/ps1", "/api/v1/pools/teams/servers/ps1/drain",
        "/api/v1/pools/teams/clients", "/api/v1/pools/teams/clients/10.9.9.9",
        "/api/v1/explain?client=10.1.2.3", "/api/v1/sessions", "/api/v1/shells"})
    get(target);
  for (const auto& row : api.operations()) {
    const bool is_asked = row.method == "GET" && !row.answer.empty() && row.name != "plan";
    EXPECT_TRUE(!is_asked || answered.contains(std::string(row.answer))) << row.name << " was not asked";
  }
}

TEST(OpenApi, TheCommittedDocumentIsTheTable) {
  Desk desk;
  const Api api(desk.verbs());
  const std::string path = WINRMLB_SOURCE_DIR "/config/openapi.yaml";
  const auto text = openapi(api.operations());
  if (std::getenv("WINRMLB_WRITE_DOCUMENTS")) std::ofstream(path) << text;
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text)
      << "run with WINRMLB_WRITE_DOCUMENTS=1 to write it anew";
}

TEST(OpenApi, EveryShapeThatIsNamedIsThere) {
  Desk desk;
  const Api api(desk.verbs());
  std::set<std::string_view> named = {"Problem", "Change"};  // the latter comes by events
  for (const auto& row : api.operations())
    named.insert(row.answer);
  std::set<std::string_view> known = {""};
  for (const auto& shape : shapes()) {
    EXPECT_TRUE(known.insert(shape.name).second) << shape.name << " is there twice";
    for (const auto& member : shape.members)
      named.insert(member.shape);
  }
  EXPECT_EQ(named, known);
}

// ---- who may what
// --------------------------------------------------------------------------------------------------

TEST_F(ApiTest, EveryChangeIsRefusedToThoseWhoMayRead) {
  for (const auto& row : api.operations()) {
    if (row.access != Access::Change) continue;
    std::string target(row.path);
    for (const auto& [name, value] :
         {std::pair{"{pool}", "teams"}, {"{server}", "ps1"}, {"{client}", "10.1.2.3"}}) {
      if (const auto at = target.find(name); at != std::string::npos)
        target.replace(at, std::string_view(name).size(), value);
    }
    const auto by_tcp = call(std::string(row.method), target, {}, reader());
    EXPECT_EQ(by_tcp.status, 401U) << target;
    EXPECT_THAT(field(by_tcp, "WWW-Authenticate"), HasSubstr("Bearer"));
    auto from_socket = reader();
    from_socket.proof = Caller::Proof::Socket;
    const auto by_socket = call(std::string(row.method), target, {}, from_socket);
    EXPECT_EQ(by_socket.status, 403U) << target;
    EXPECT_EQ(detail(by_socket), "this takes root, or the user that winrm-lb runs as");
  }
  EXPECT_TRUE(desk.modes.empty());
  EXPECT_TRUE(desk.kicks.empty());
}

TEST_F(ApiTest, WhoMayLittleMayOnlyAskWhatMonitoringAsks) {
  Caller nobody{.may = Caller::May::Little, .who = "anybody", .from = "10.0.0.1:4000", .refused = {}};
  for (const auto& row : api.operations()) {
    if (row.method != "GET") continue;
    const auto answer = call("GET", std::string(row.path), {}, nobody);
    EXPECT_EQ(answer.status == 401, row.access == Access::Read) << row.path;
  }
}

TEST_F(ApiTest, AWrongTokenIsRefusedWhereReadingIsFree) {
  auto caller = reader();
  caller.refused = "the token is none of the file";
  EXPECT_EQ(detail(call("GET", "/api/v1/status", {}, caller)), "the token is none of the file");
  EXPECT_EQ(call("GET", "/livez", {}, caller).status, 200U);
}

TEST_F(ApiTest, ChangesAreNotedWithWhoAndWhenceAndHowTheyWent) {
  call("POST", "/api/v1/pools/teams/servers/ps1/drain", R"({"deadline_seconds":60})");
  call("POST", "/api/v1/pools/teams/servers/ps9/drain");
  call("POST", "/api/v1/pools/teams/servers/ps1/drain", {}, reader());
  call("GET", "/api/v1/status");
  ASSERT_EQ(desk.changes.size(), 3U);
  EXPECT_EQ(desk.changes[0].operation, "drain");
  EXPECT_EQ(desk.changes[0].who, "token deploy");
  EXPECT_EQ(desk.changes[0].from, "127.0.0.1:4000");
  EXPECT_EQ(desk.changes[0].target, "/api/v1/pools/teams/servers/ps1/drain");
  EXPECT_EQ(desk.changes[0].arguments, R"({"deadline_seconds":60})");
  EXPECT_EQ(desk.changes[0].status, 200U);
  EXPECT_EQ(desk.changes[1].status, 404U);
  EXPECT_THAT(desk.changes[1].detail, HasSubstr("no server ps9"));
  EXPECT_EQ(desk.changes[2].status, 401U);
}

// ---- paths, arguments, conditions
// ----------------------------------------------------------------------------------

TEST_F(ApiTest, WhatIsNotThereIsSaidWithWhatIsNear) {
  EXPECT_THAT(detail(call("GET", "/api/v1/statsu")), HasSubstr("perhaps /api/v1/status was meant"));
  EXPECT_THAT(detail(call("GET", "/index.html")), HasSubstr("GET /api/v1 lists what there is"));
  EXPECT_THAT(detail(call("GET", "/api/v1/pools/team")), HasSubstr("perhaps teams was meant"));
  EXPECT_THAT(detail(call("GET", "/api/v1/pools/teams/servers/x")), HasSubstr("there are ps1, ps2"));
  EXPECT_EQ(call("GET", "").status, 404U);
  EXPECT_EQ(call("GET", "/api/v1/status/").status, 404U);
}

TEST_F(ApiTest, ThePageComesWithAPolicyThatLetsNothingElseIn) {
  for (const auto* path : {"/", "/dashboard", "/dashboard.css", "/dashboard.js"}) {
    const auto answer = call("GET", path);
    EXPECT_EQ(answer.status, 200U) << path;
    EXPECT_THAT(field(answer, "Content-Security-Policy"), HasSubstr("default-src 'none'; script-src 'self'"));
    EXPECT_FALSE(field(answer, "ETag").empty()) << path;
  }
  EXPECT_EQ(field(call("POST", "/"), "Allow"), "GET, HEAD");
}

TEST_F(ApiTest, AMethodThatIsNotThereIsToldThoseThatAre) {
  const auto answer = call("POST", "/api/v1/status");
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(field(answer, "Allow"), "GET, HEAD");
  EXPECT_EQ(field(call("PATCH", "/api/v1/pools/teams/servers/ps1/drain"), "Allow"), "GET, HEAD, POST");
}

TEST_F(ApiTest, ArgumentsAreCheckedBeforeAnythingIsDone) {
  const std::string drain = "/api/v1/pools/teams/servers/ps1/drain";
  const auto wrong = [&](const std::string& body, const std::string& why) {
    const auto answer = call("POST", drain, body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_THAT(detail(answer), HasSubstr(why)) << body;
  };
  wrong("[1]", "not a JSON object");
  wrong("nonsense", "not a JSON object");
  wrong(R"({"deadline_secnds":60})", "perhaps 'deadline_seconds' was meant");
  wrong(R"({"deadline_seconds":"60"})", "a whole number, 0 to 2592000");
  wrong(R"({"deadline_seconds":-1})", "a whole number, 0 to 2592000");
  wrong(R"({"deadline_seconds":2592001})", "a whole number, 0 to 2592000");
  wrong(R"({"deadline_seconds":1.5})", "a whole number, 0 to 2592000");
  EXPECT_TRUE(desk.modes.empty());
  EXPECT_EQ(call("POST", drain, R"({"deadline_seconds":2592000})").status, 200U);

  const auto wrong_query = [&](const std::string& target, const std::string& why) {
    const auto answer = call("GET", target);
    EXPECT_EQ(answer.status, 400U) << target;
    EXPECT_THAT(detail(answer), HasSubstr(why)) << target;
  };
  wrong_query("/api/v1/sessions?limit=0", "1 to 1000");
  wrong_query("/api/v1/sessions?limit=1001", "1 to 1000");
  wrong_query("/api/v1/sessions?limit=ten", "not 'ten'");
  wrong_query("/api/v1/sessions?limit=1&limit=2", "given twice");
  wrong_query("/api/v1/sessions?lmit=1", "perhaps 'limit' was meant");
  wrong_query("/api/v1/sessions?client=10.1.2", "is no IP address");
  wrong_query("/api/v1/sessions?client=%zz", "not well encoded");
  wrong_query("/api/v1/sessions?after=xyz", "the id of a session");
  wrong_query("/api/v1/status?x", "takes no 'x'; nothing belongs there");
  wrong_query("/api/v1/explain", "the address of a client");
}

TEST_F(ApiTest, AChangeMayInsistOnTheConfigurationItKnows) {
  const auto etag = field(call("GET", "/api/v1/status"), "ETag");
  EXPECT_TRUE(etag.starts_with("\"3-")) << etag;
  const std::string ready = "/api/v1/pools/teams/servers/ps1/ready";
  EXPECT_EQ(call("POST", ready, {}, operator_(), etag).status, 200U);
  EXPECT_EQ(call("POST", ready, {}, operator_(), "\"2-0\", " + etag).status, 200U);
  EXPECT_EQ(call("POST", ready, {}, operator_(), "*").status, 200U);
  desk.modes.clear();
  EXPECT_EQ(call("POST", ready, {}, operator_(), "\"2-0\"").status, 412U);
  EXPECT_TRUE(desk.modes.empty());
}

// ---- servers
// -------------------------------------------------------------------------------------------------------

TEST_F(ApiTest, DrainReadyAndMaintenanceChangeTheMode) {
  call("POST", "/api/v1/pools/-/servers/ps1/drain", R"({"deadline_seconds":60})");
  call("POST", "/api/v1/pools/teams/servers/ps2/maintenance");
  ASSERT_EQ(desk.modes.size(), 2U);
  EXPECT_EQ(desk.modes[0].pool, "teams");
  EXPECT_EQ(desk.modes[0].mode, config::ServerMode::Drain);
  EXPECT_EQ(desk.modes[0].deadline, seconds(60));
  EXPECT_EQ(desk.modes[1].mode, config::ServerMode::Maintenance);
  EXPECT_EQ(get("/api/v1/pools/teams/servers/ps1/drain").at("mode"), "drain");
  call("POST", "/api/v1/pools/teams/servers/ps1/ready");
  EXPECT_EQ(get("/api/v1/pools/teams/servers/ps1").at("mode"), "ready");
}

TEST_F(ApiTest, AWeightByCommandHoldsUntilItIsTakenBack) {
  const std::string weight = "/api/v1/pools/teams/servers/ps1/weight";
  EXPECT_EQ(call("PUT", weight, R"({"weight":0})").status, 200U);
  EXPECT_EQ(get("/api/v1/pools/teams/servers/ps1").at("weight"), 0);
  for (int i = 1; i <= 8; ++i)
    EXPECT_EQ(assign(("10.1.2." + std::to_string(i)).c_str()), "ps2") << "a server of weight 0 takes nobody";
  EXPECT_EQ(call("PUT", weight, R"({"weight":1001})").status, 400U);
  EXPECT_EQ(call("PUT", weight).status, 200U);
  EXPECT_EQ(get("/api/v1/pools/teams/servers/ps1").at("weight"), 100);
}

TEST_F(ApiTest, APoolWithoutListedClientsHasNoPlan) {
  EXPECT_EQ(call("GET", "/api/v1/pools/teams/plan").status, 409U);
}

// ---- clients
// -------------------------------------------------------------------------------------------------------

TEST_F(ApiTest, ClientsAreListedInPages) {
  for (int i = 1; i <= 5; ++i)
    assign(("10.1.2." + std::to_string(i)).c_str());
  const auto first = get("/api/v1/pools/teams/clients?limit=3");
  EXPECT_EQ(first.at("total"), 5);
  ASSERT_EQ(first.at("clients").as_array().size(), 3U);
  EXPECT_EQ(first.at("clients").at(0).at("client"), "10.1.2.1");
  const auto next = std::string(first.at("next").as_string());
  const auto second = get("/api/v1/pools/teams/clients?limit=3&after=" + next);
  ASSERT_EQ(second.at("clients").as_array().size(), 2U);
  EXPECT_EQ(second.at("clients").at(0).at("client"), "10.1.2.4");
  EXPECT_FALSE(second.contains("next"));
}

TEST_F(ApiTest, APinnedAddressGoesToItsServerUntilItIsForgotten) {
  const auto was = assign("10.1.2.3");
  const std::string other = was == "ps1" ? "ps2" : "ps1";
  const std::string client = "/api/v1/pools/teams/clients/10.1.2.3";
  EXPECT_EQ(call("PUT", client + "/pin", R"({"server":")" + other + R"("})").status, 200U);
  EXPECT_EQ(get(client).at("server").as_string(), other);
  EXPECT_EQ(get(client).at("pinned_to").as_string(), other);
  EXPECT_EQ(assign("10.1.2.3"), other);
  EXPECT_EQ(call("DELETE", client).status, 200U);
  EXPECT_EQ(call("GET", client).status, 404U);
  EXPECT_EQ(call("DELETE", client).status, 404U) << "it is forgotten already";
  EXPECT_EQ(call("PUT", client + "/pin", R"({"server":"ps9"})").status, 404U);
  EXPECT_EQ(call("PUT", client + "/pin").status, 400U) << "no server is named";
}

TEST_F(ApiTest, AnAddressThatHoldsSomethingIsNotForgotten) {
  assign("10.1.2.3");
  const auto now = desk.farm.view().now;
  desk.farm.pool().session_opened(address("10.1.2.3"), desk.farm.server("ps1").id, now);
  const auto answer = call("DELETE", "/api/v1/pools/teams/clients/10.1.2.3");
  EXPECT_EQ(answer.status, 409U);
  EXPECT_THAT(detail(answer), HasSubstr("kick"));
  desk.farm.pool().session_closed(address("10.1.2.3"), desk.farm.server("ps1").id, false, now);
  EXPECT_EQ(call("DELETE", "/api/v1/pools/teams/clients/10.1.2.3").status, 200U);
}

TEST_F(ApiTest, ExplainTakesAClientOrASession) {
  EXPECT_EQ(get("/api/v1/explain?client=10.1.2.3").at("reason"), "assigned");
  desk.sessions.push_back({.id = SessionId(0xab),
                           .pool = "teams",
                           .client = *Endpoint::parse("10.1.2.3:5000"),
                           .server = "ps2",
                           .bound = true});
  EXPECT_EQ(get("/api/v1/explain?session=ab").at("reason"), "bound");
  EXPECT_EQ(call("GET", "/api/v1/explain?session=ac").status, 404U);
  EXPECT_EQ(call("GET", "/api/v1/explain?session=xy").status, 400U);
}

// ---- sessions, shells
// ----------------------------------------------------------------------------------------------

TEST_F(ApiTest, SessionsAreListedInPages) {
  for (std::uint64_t id = 1; id <= 3; ++id)
    desk.sessions.push_back({.id = SessionId(id), .listener = "plain", .pool = "teams", .exchanges = 4});
  const auto first = get("/api/v1/sessions?limit=2");
  EXPECT_EQ(first.at("total"), 3);
  EXPECT_EQ(first.at("sessions").at(0).at("session"), "1");
  EXPECT_EQ(first.at("sessions").at(0).at("exchanges"), 4);
  EXPECT_EQ(first.at("next"), "2");
  const auto second = get("/api/v1/sessions?limit=2&after=2");
  EXPECT_EQ(second.at("sessions").as_array().size(), 1U);
  EXPECT_FALSE(second.contains("next"));
}

TEST_F(ApiTest, KickWantsToKnowWhose) {
  EXPECT_EQ(call("POST", "/api/v1/sessions/kick").status, 400U);
  desk.sessions.push_back({.id = SessionId(0x1f)});
  EXPECT_EQ(call("POST", "/api/v1/sessions/kick", R"({"session":"1f","now":true})").body, R"({"kicked":1})");
  EXPECT_EQ(call("POST", "/api/v1/sessions/kick", R"({"server":"ps2"})").body, R"({"kicked":1})");
  ASSERT_EQ(desk.kicks.size(), 2U);
  EXPECT_EQ(desk.kicks[0].first.id, SessionId(0x1f));
  EXPECT_EQ(desk.kicks[0].second, Kick::Now);
  EXPECT_EQ(desk.kicks[1].first.server, desk.farm.server("ps2").id);
  EXPECT_EQ(desk.kicks[1].second, Kick::AfterExchange);
}

TEST_F(ApiTest, ShellsSayWhereTheyLiveAndWhose) {
  const auto now = desk.farm.view().now;
  desk.farm.pool().shells().learn({.id = *Uuid::parse("7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001"),
                                   .server = desk.farm.server("ps2").id,
                                   .client = address("10.9.9.9"),
                                   .user = "CORP\\robot"},
                                  now);
  const auto all = get("/api/v1/shells");
  ASSERT_EQ(all.at("total"), 1);
  EXPECT_EQ(all.at("shells").at(0).at("shell"), "7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001");
  EXPECT_EQ(all.at("shells").at(0).at("server"), "ps2");
  EXPECT_EQ(all.at("shells").at(0).at("user"), "CORP\\robot");
  EXPECT_EQ(get("/api/v1/shells?server=ps1").at("total"), 0);
  EXPECT_EQ(get("/api/v1/shells?client=10.9.9.9").at("total"), 1);
}

// ---- the process
// ---------------------------------------------------------------------------------------------------

TEST_F(ApiTest, ReloadSaysHowItWent) {
  EXPECT_EQ(call("POST", "/api/v1/configuration/reload").status, 200U);
  desk.reload_error = "winrm-lb.yaml:3:1: no such key";
  const auto answer = call("POST", "/api/v1/configuration/reload");
  EXPECT_EQ(answer.status, 422U);
  EXPECT_EQ(detail(answer), desk.reload_error);
}

TEST_F(ApiTest, TheLogLevelIsReadAndSet) {
  EXPECT_EQ(get("/api/v1/log-level").at("level"), "info");
  EXPECT_EQ(call("PUT", "/api/v1/log-level", R"({"level":"debug"})").body, R"({"level":"debug"})");
  EXPECT_EQ(desk.level, telemetry::Level::Debug);
  EXPECT_THAT(detail(call("PUT", "/api/v1/log-level", R"({"level":"loud"})")),
              HasSubstr("one of trace, debug, info, warn, error"));
}

TEST_F(ApiTest, ASubscriberGetsTheStatusAtOnceAndIsOneOfFew) {
  std::vector<ApiAnswer> kept;
  for (std::size_t i = 0; i < Events::kMostSubscribers; ++i) {
    kept.push_back(call("GET", "/api/v1/events"));
    ASSERT_TRUE(kept.back().events);
    ASSERT_EQ(kept.back().events->waiting.size(), 1U);
    EXPECT_TRUE(
        kept.back().events->waiting.front()->starts_with("event: status\ndata: {\"version\":\"1.2.3\""));
  }
  EXPECT_EQ(call("GET", "/api/v1/events").status, 503U);
  kept.pop_back();
  EXPECT_EQ(call("GET", "/api/v1/events").status, 200U);
}

TEST_F(ApiTest, ASlowSubscriberIsDroppedAndOthersAreNot) {
  const auto slow = call("GET", "/api/v1/events");
  const auto quick = call("GET", "/api/v1/events");
  for (std::size_t i = 0; i < Subscription::kMostWaiting; ++i) {
    api.events().publish("change", {{"n", i}});
    quick.events->waiting.clear();
  }
  EXPECT_TRUE(slow.events->over);
  EXPECT_FALSE(quick.events->over);
}

}  // namespace
}  // namespace winrmlb::admin
