#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/config/keys.h"
#include "winrmlb/config/load.h"

namespace winrmlb::config {
namespace {

using ::testing::HasSubstr;

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The committed document is what the tables say. With WINRMLB_WRITE_DOCUMENTS set it is written anew instead.
void expect_committed(const std::string& name, const std::string& generated) {
  const std::string path = std::string(WINRMLB_SOURCE_DIR) + "/config/" + name;
  if (std::getenv("WINRMLB_WRITE_DOCUMENTS")) std::ofstream(path) << generated;
  EXPECT_EQ(read(path), generated) << "run config_test with WINRMLB_WRITE_DOCUMENTS=1 and look at the change";
}

TEST(Documents, TheReferenceIsWhatTheTablesSay) { expect_committed("winrm-lb.yaml", reference_yaml()); }

TEST(Documents, TheSchemaIsWhatTheTablesSay) { expect_committed("winrm-lb.schema.json", json_schema()); }

TEST(Documents, TheSchemaTakesVersionsOfTlsWithAndWithoutQuotes) {
  const std::string schema = json_schema();
  EXPECT_THAT(schema, HasSubstr(R"("enum": ["1.2", "1.3", 1.2, 1.3])"));
  EXPECT_THAT(schema, HasSubstr(R"("enum": ["full", "none"])"));
}

// What the schema says of the section that stands there first under this name.
std::string type_in_schema(const std::string& section) {
  const std::string schema = json_schema();
  const auto type = schema.find("\"type\": ", schema.find("\"" + section + "\": {"));
  return schema.substr(type, schema.find('\n', type) - type);
}

TEST(Documents, SchemaAndLoaderAgreeOnEmptySections) {
  const std::string smallest =
      "listeners: [{bind: \"127.0.0.1:0\", pool: a}]\npools: {a: {servers: {b: {host: c}}}}\n";
  for (const auto* section : {"log", "admin", "limits"}) {
    EXPECT_TRUE(load_text(smallest + section + ":\n", "lb.yaml").settings) << section;
    EXPECT_EQ(type_in_schema(section), R"("type": ["object", "null"],)") << section;
  }
  EXPECT_FALSE(load_text("listeners: [{bind: \"127.0.0.1:0\", pool: a, tls: }]\n"
                         "pools: {a: {servers: {b: {host: c}}}}\n",
                         "lb.yaml")
                   .settings)
      << "a section in which something must be given";
  EXPECT_EQ(type_in_schema("tls"), R"("type": "object",)");
}

TEST(Documents, TheReferenceEqualsTheDefaults) {
  const auto loaded = load_text(reference_yaml(), "winrm-lb.yaml");
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  Settings defaults;
  Listener listener;
  listener.name = "winrm";
  listener.bind = *Endpoint::parse("0.0.0.0:5985");
  listener.pool = "teams";
  defaults.listeners = {listener};
  Pool pool;
  pool.name = "teams";
  Server server;
  server.name = "ps1";
  server.host = "10.0.0.11";
  pool.servers = {server};
  defaults.pools = {pool};
  EXPECT_EQ(*loaded.settings, defaults);
}

TEST(Documents, TheReferenceShowsEveryKeyAndWhy) {
  const std::string reference = reference_yaml();
  for (const auto& key : all_keys()) {
    const auto name =
        key.path.substr(key.path.find_last_of('.') == std::string::npos ? 0 : key.path.find_last_of('.') + 1);
    EXPECT_THAT(reference, HasSubstr(name + ":")) << key.path;
    EXPECT_THAT(reference, HasSubstr(key.why)) << key.path;
    EXPECT_FALSE(key.why.empty()) << key.path;
  }
}

TEST(Documents, TheExamplesInTheReferenceAreGoodToo) {
  std::istringstream lines(reference_yaml());
  std::string enabled;
  for (std::string line; std::getline(lines, line);) {
    const auto hash = line.find("# ");
    const bool only_blanks = line.find_first_not_of(' ') == hash;
    if (hash != std::string::npos && only_blanks) {
      const auto rest = line.substr(hash + 2);
      const auto word = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
      const auto colon = word.find(':');
      const bool is_key =
          colon != std::string::npos && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == colon;
      if (is_key) line = line.substr(0, hash) + rest;
    }
    enabled += line + "\n";
  }
  // The files of the examples are not there; everything else of them must be good.
  for (const auto& mistake : load_text(enabled, "enabled.yaml").mistakes) {
    EXPECT_THAT(mistake.text, HasSubstr("cannot read the file")) << render(mistake);
  }
}

TEST(Documents, SettingsWrittenOutLoadToTheSameSettings) {
  const Scratch scratch;
  const std::string key_file = scratch.write("cookie.keys", "");
  const auto loaded = load_text(R"(
workers: 3
listeners:
  - {name: a, bind: "[::1]:5985", pool: p, forwarded: x-forwarded-for}
pools:
  p:
    affinity:
      {assign: planned, ttl: 90m, failback: never, prefix6: 64,
       cookie: {key_file: )" + key_file +
                                    R"(, clients: [10.1.0.0/16, "fd00::/8", 10.2.0.1]}}
    clients: [10.0.0.1, "2001:db8::1"]
    server_tls: {verify: none, server_name: farm.example.net}
    timeouts: {connect: 1500ms, idle: 150s}
    health: {fall: 3}
    servers: {"one.two": {host: "::1", state: drain, max_sessions: 5}, b: {host: h.example.net, weight: 7}}
log: {level: debug, format: text, file: /var/log/lb.log, access_file: "off"}
admin: {bind: "127.0.0.1:9000", socket: ""}
limits: {head_bytes: 32KiB, body_bytes: 1MiB}
)",
                                "test.yaml");
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  const std::string written = effective_yaml(*loaded.settings);
  const auto again = load_text(written, "again.yaml");
  ASSERT_TRUE(again.settings) << render(again.mistakes.front()) << written;
  EXPECT_EQ(*again.settings, *loaded.settings) << written;
}

}  // namespace
}  // namespace winrmlb::config
