// What an operator sees, to the letter: one golden text per kind of mistake, and nothing that is not one.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/config/load.h"

namespace winrmlb::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGood[] =
    "listeners: [{bind: \"127.0.0.1:5985\", pool: teams}]\n"
    "pools: {teams: {servers: {ps1: {host: h}}}}\n";

std::string rendered(const std::string& yaml) {
  const auto loaded = load_text(yaml, "lb.yaml");
  std::string out;
  for (const auto& mistake : loaded.mistakes)
    out += render(mistake);
  return out;
}

std::string warned(const std::string& yaml) {
  const auto loaded = load_text(yaml, "lb.yaml");
  EXPECT_TRUE(loaded.settings) << rendered(yaml);
  std::string out;
  for (const auto& warning : loaded.warnings)
    out += render(warning);
  return out;
}

std::string with(const std::string& line) { return std::string(kGood) + line + "\n"; }

TEST(Mistakes, ANumberWithoutUnit) {
  EXPECT_EQ(rendered(with("limits: {head_bytes: 65536}")),
            "lb.yaml:3:22: limits.head_bytes: '65536' has no unit; a size is written like 512B, 64KiB, 1MiB "
            "or 2GiB\n"
            "  limits: {head_bytes: 65536}\n"
            "                       ^\n");
}

TEST(Mistakes, AUnitThatDoesNotExist) {
  EXPECT_EQ(rendered(with("limits: {head_bytes: 64KB}")),
            "lb.yaml:3:22: limits.head_bytes: '64KB' is not a size; write it like 512B, 64KiB, 1MiB or 2GiB\n"
            "  limits: {head_bytes: 64KB}\n"
            "                       ^\n");
}

TEST(Mistakes, ASizeThatDoesNotFitInto64BitsIsNotTakenForASmallOne) {
  for (const char* size :
       {"17179869184GiB", "18014398509481984KiB", "18446744073709551616B", "9223372036854775808B"}) {
    EXPECT_THAT(rendered(with("limits: {body_bytes: " + std::string(size) + "}")), HasSubstr("is not a size"))
        << size;
  }
  for (const char* time : {"106751991168d", "9223372036854775808ms", "18446744073709552s"}) {
    EXPECT_THAT(rendered("listeners: [{bind: \"127.0.0.1:1\", pool: p}]\n"
                         "pools: {p: {servers: {s: {host: h}}, timeouts: {idle: " +
                         std::string(time) + "}}}\n"),
                HasSubstr("idle: "))
        << time;
  }
}

TEST(Mistakes, AValueThatIsNotThereIsShownAtItsKey) {
  EXPECT_EQ(rendered("listeners: [{bind: \"127.0.0.1:1\", pool: p}]\n"
                     "pools:\n"
                     "  p:\n"
                     "    servers:\n"
                     "\n"
                     "log: {level: info}\n"),
            "lb.yaml:4:5: pools.p.servers: here stands nothing, but it must be a mapping of names\n"
            "      servers:\n"
            "      ^\n");
}

TEST(Mistakes, AHostThatIsSomethingElseSaysWhatToWrite) {
  const auto host = [](const std::string& text) {
    return rendered("listeners: [{bind: \"127.0.0.1:1\", pool: p}]\npools: {p: {servers: {s: {host: \"" +
                    text + "\"}}}}\n");
  };
  EXPECT_THAT(host("http://ps1:5985"), HasSubstr("write the host without http://"));
  EXPECT_THAT(host("[::1]"), HasSubstr("write IPv6 addresses without brackets"));
  EXPECT_THAT(host("ps1:5985"), HasSubstr("the port has keys of its own, port and tls_port"));
  EXPECT_THAT(host("10.0.0.256"), HasSubstr("'10.0.0.256' is neither an IP address nor a host name\n"));
  EXPECT_EQ(host("2001:db8::1"), "");
}

TEST(Mistakes, BytesThatAreNotTextNeverReachATerminal) {
  EXPECT_EQ(rendered(with("\x1b[31mred: 1")),
            "lb.yaml:3:1: this is not text: it holds a control character\n"
            "  ?[31mred: 1\n"
            "  ^\n");
  for (const char* bytes :
       {"\xff", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f", "\x80"}) {
    EXPECT_THAT(rendered(with("log: {file: " + std::string(bytes) + "}")),
                HasSubstr("lb.yaml:3:13: this byte is not UTF-8"));
  }
  // YAML writes them as escapes, too.
  for (const char* line : {R"(log: {level: "\x1b[2J"})", R"("\x1b[2J": 1)", R"(log: {"\e]0;": 1})"}) {
    EXPECT_THAT(rendered(with(line)), Not(HasSubstr("\x1b"))) << line;
  }
}

TEST(Mistakes, ColumnsCountCharacters) {
  EXPECT_EQ(rendered(with("log: {file: über/ähren.log, levl: info}")),
            "lb.yaml:3:29: log.levl: an unknown key; did you mean level?\n"
            "  log: {file: über/ähren.log, levl: info}\n"
            "                              ^\n");
}

TEST(Mistakes, OfALongLineTheNeighbourhoodIsShown) {
  const auto out =
      rendered(with("log: {file: " + std::string(5000, 'x') + ", levl: info" + std::string(5000, ' ') + "}"));
  EXPECT_THAT(out, HasSubstr("lb.yaml:3:5015: log.levl: "));
  EXPECT_LT(out.size(), 400U);
  EXPECT_THAT(out, HasSubstr("x, levl: info"));
  const auto caret = out.rfind('^') - (out.rfind('\n', out.size() - 2) + 1);
  const auto line = out.find("\n  ") + 1;
  EXPECT_EQ(out.substr(line + caret, 4), "levl");
}

TEST(Mistakes, ASecondDocumentIsShownWhereItBegins) {
  EXPECT_EQ(rendered(with("---\nworkers: 2")),
            "lb.yaml:3:1: there is more than one document in the file; a configuration is one\n"
            "  ---\n"
            "  ^\n");
}

TEST(Mistakes, TagsAreRefused) {
  EXPECT_THAT(rendered(with("workers: !!int 3")),
              HasSubstr("lb.yaml:3:10: the tag 'tag:yaml.org,2002:int' has no meaning here"));
}

TEST(Mistakes, ListenersThatStandInEachOthersWay) {
  const auto two = [](const std::string& a, const std::string& b) {
    return rendered("listeners: [{bind: \"" + a + "\", pool: p}, {bind: \"" + b +
                    "\", pool: p}]\npools: {p: {servers: {s: {host: h}}}}\n");
  };
  EXPECT_THAT(two("0.0.0.0:5985", "10.0.0.1:5985"),
              HasSubstr("listeners[1].bind: overlaps with listeners[0]"));
  EXPECT_THAT(two("10.0.0.1:5985", "0.0.0.0:5985"), HasSubstr("overlaps"));
  EXPECT_THAT(two("[::]:5985", "0.0.0.0:5985"), HasSubstr("overlaps"));
  EXPECT_THAT(two("[::]:5985", "[::1]:5985"), HasSubstr("overlaps"));
  EXPECT_EQ(two("0.0.0.0:5985", "[::1]:5985"), "");
  EXPECT_EQ(two("0.0.0.0:5985", "10.0.0.1:5986"), "");
  EXPECT_EQ(two("10.0.0.2:5985", "10.0.0.1:5985"), "");
  EXPECT_THAT(rendered(with("admin: {bind: \"127.0.0.1:5985\"}")),
              HasSubstr("admin.bind: 127.0.0.1:5985 is taken by listeners[0]"));
}

TEST(Mistakes, ATargetLongerThanTheHeadItStandsIn) {
  EXPECT_THAT(rendered(with("limits: {head_bytes: 8KiB, target_bytes: 8KiB}")),
              HasSubstr("lb.yaml:3:42: limits.target_bytes: must be smaller than limits.head_bytes (8KiB)"));
  EXPECT_EQ(rendered(with("limits: {head_bytes: 9KiB, target_bytes: 8KiB}")), "");
}

TEST(Mistakes, OneWrongPoolDoesNotMakeItsListenersWrong) {
  EXPECT_THAT(rendered("listeners: [{bind: \"127.0.0.1:1\", pool: p}]\npools: {p: nothing}\n"),
              Not(HasSubstr("there is no pool")));
}

TEST(Mistakes, TensOfThousandsOfUnknownKeysTakeNoQuadraticTime) {
  std::string yaml;
  for (int i = 0; i < 49'000; ++i)
    yaml += std::to_string(i) + ": 1\n";
  EXPECT_THAT(rendered(yaml), HasSubstr("and 48901 more"));
}

TEST(Warnings, NoServerTakesNewClients) {
  EXPECT_THAT(warned("listeners: [{bind: \"127.0.0.1:1\", pool: p}]\n"
                     "pools: {p: {servers: {a: {host: a, weight: 0}, b: {host: b, state: drain}}}}\n"),
              HasSubstr("pools.p.servers: every server has weight 0 or is not ready"));
}

TEST(Warnings, BasicInClearUnlessItIsRefused) {
  const auto plain = [](const std::string& schemes) {
    return warned("listeners: [{bind: \"0.0.0.0:5985\", pool: p" + schemes +
                  "}]\npools: {p: {servers: {a: {host: a}}}}\n");
  };
  EXPECT_THAT(plain(""), HasSubstr("listeners[0].bind: plain HTTP"));
  EXPECT_EQ(plain(", schemes: {deny: [basic]}"), "");
  EXPECT_EQ(plain(", schemes: {allow: [negotiate]}"), "");
  EXPECT_THAT(plain(", schemes: {allow: [negotiate, basic]}"), HasSubstr("plain HTTP"));
}

TEST(Warnings, TlsIntoAPortWithoutTls) {
  Scratch scratch;
  const auto file = scratch.write("lb.pem", "");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  const auto to = [&](const std::string& ports) {
    return warned("listeners: [{bind: \"127.0.0.1:5986\", pool: p, tls: {certificate: " + file +
                  ", key: " + file + "}}]\npools: {p: {servers: {a: {host: a" + ports + "}}}}\n");
  };
  EXPECT_EQ(to(""), "");
  EXPECT_THAT(to(", tls_port: 5985"), HasSubstr("servers.a.tls_port: this is a port without TLS"));
  EXPECT_THAT(to(", port: 7000, tls_port: 7000"), HasSubstr("without TLS"));
}

TEST(Warnings, TimesBelowThoseOfAnOperation) {
  const auto with_time = [](const std::string& time) {
    return warned(
        "listeners: [{bind: \"127.0.0.1:1\", pool: p}]\npools: {p: {servers: {a: {host: a}}, timeouts: {" +
        time + "}}}\n");
  };
  EXPECT_EQ(with_time("response: 75s, sealed_response: 75s"), "");
  EXPECT_THAT(with_time("response: 74s"), HasSubstr("timeouts.response: shorter than 75s"));
  EXPECT_THAT(with_time("sealed_response: 74s"), HasSubstr("timeouts.sealed_response: shorter than 75s"));
}

TEST(Mistakes, AdminOffLoopbackWithoutTls) {
  EXPECT_THAT(rendered(with("admin: {bind: \"0.0.0.0:9585\"}")),
              HasSubstr("admin.bind: 0.0.0.0:9585 can be reached from elsewhere, which takes TLS"));
  EXPECT_EQ(warned(with("admin: {bind: \"127.0.0.1:9585\"}")), "");
}

}  // namespace
}  // namespace winrmlb::config
