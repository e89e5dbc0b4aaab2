// The documents that are made of the tree of commands.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "winrmlb/app/cli.h"
#include "winrmlb/config/keys.h"

namespace winrmlb::app::cli {
namespace {

using ::testing::HasSubstr;

class Documents : public ::testing::Test {
 protected:
  static void expect_committed(const std::string& name, const std::string& text) {
    const std::string path = std::string(WINRMLB_SOURCE_DIR "/config/") + name;
    if (std::getenv("WINRMLB_WRITE_DOCUMENTS")) std::ofstream(path) << text;
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text)
        << "run with WINRMLB_WRITE_DOCUMENTS=1 to write " << name << " anew";
  }
  static std::vector<const CLI::App*> commands(const CommandLine& line) {
    return line.app.get_subcommands([](const CLI::App*) { return true; });
  }
  CommandLine line;
};

TEST_F(Documents, TheCommittedOnesAreMadeOfTheCommands) {
  expect_committed("completion/winrm-lb.bash", bash_completion(line.app));
  expect_committed("man/winrm-lb.8", manual(line.app));
  expect_committed("man/winrm-lb.yaml.5", configuration_manual());
}

TEST_F(Documents, EveryCommandTeachesWithExitCodesAndMostWithAnExample) {
  for (const auto* command : commands(line)) {
    EXPECT_THAT(command->get_footer(), HasSubstr("Exit codes: 0 ")) << command->get_name();
    const bool needs_none =
        command->get_name() == "run" || command->get_name() == "version" || command->get_name() == "reload";
    EXPECT_TRUE(needs_none || command->get_footer().find("Example") != std::string::npos)
        << command->get_name();
    for (const auto* option : command->get_options()) {
      EXPECT_FALSE(option->get_description().empty()) << command->get_name() << " " << option->get_name();
      const bool is_flag = option->get_items_expected_max() == 0;
      EXPECT_TRUE(is_flag || option->get_type_name() != "TEXT")
          << command->get_name() << " " << option->get_name();
    }
  }
}

TEST_F(Documents, EveryCommandAndOptionIsInTheManual) {
  const auto page = manual(line.app);
  for (const auto* command : commands(line)) {
    std::string name = command->get_name();
    for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2)
      name.replace(at, 1, "\\-");
    const auto begin = page.find(".SS " + name + "\n");
    ASSERT_NE(begin, std::string::npos) << name;
    const auto section = page.substr(begin, page.find(".SS ", begin + 4) - begin);
    for (const auto* option : command->get_options()) {
      if (option->get_positional()) {
        EXPECT_THAT(section, HasSubstr(option->get_type_name())) << name;
        continue;
      }
      for (const auto& one : option->get_lnames()) {
        std::string escaped = "\\-\\-" + one;
        for (std::size_t at = 4; (at = escaped.find('-', at)) != std::string::npos; at += 2)
          escaped.replace(at, 1, "\\-");
        EXPECT_THAT(section, HasSubstr(escaped)) << name;
      }
    }
  }
}

TEST_F(Documents, EveryKeyIsInTheManualOfTheConfiguration) {
  const auto page = configuration_manual();
  const auto count = [&](const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = page.find(what, at)) != std::string::npos; ++at)
      ++found;
    return found;
  };
  EXPECT_EQ(count(".TP\n"), config::all_keys().size());
}

boost::json::object status_of(std::uint64_t requests) {
  boost::json::array servers;
  for (int i = 1; i <= 40; ++i)
    servers.push_back(
        {{"name", "ps" + std::to_string(i)},
         {"pool", "teams"},
         {"state", "up"},
         {"mode", "ready"},
         {"weight", 100},
         {"clients", i},
         {"sessions", 2 * i},
         {"shells", 0},
         {"since_seconds", 75},
         {"why", "its check passed, and a reason that is longer than any terminal is wide: ………………………"}});
  return {{"version", "1.2.3"},
          {"uptime_seconds", 3700},
          {"revision", 3},
          {"draining", false},
          {"sessions", 5},
          {"sessions_at_most", 9000},
          {"totals", {{"requests", requests}, {"polls", 10}, {"faults", 0}, {"errors", 0}}},
          {"pools", {{{"name", "teams"}, {"servers", servers}}}}};
}

TEST(Top, FitsTheTerminalWhateverItsSize) {
  for (const auto& [columns, rows] :
       {std::pair<std::size_t, std::size_t>{80, 24}, {40, 10}, {200, 60}, {20, 5}}) {
    const auto screen = top_screen(status_of(100), status_of(150), 2.0, columns, rows);
    std::size_t lines = 1;
    std::size_t width = 0;
    for (const char c : screen) {
      if (c == '\n') {
        ++lines;
        width = 0;
      } else if ((c & 0xC0) != 0x80) {
        ++width;
      }
      EXPECT_LE(width, columns);
    }
    EXPECT_EQ(lines, rows);
  }
}

TEST(Top, ShowsRatesAndSaysWhatItHides) {
  const auto screen = top_screen(status_of(100), status_of(150), 2.0, 80, 24);
  EXPECT_THAT(screen, HasSubstr("requests/s 25"));
  EXPECT_THAT(screen, HasSubstr("polls/s 0.0"));
  EXPECT_THAT(screen, HasSubstr("22 more; a higher terminal shows them"));
  EXPECT_THAT(screen, HasSubstr("q ends"));
}

}  // namespace
}  // namespace winrmlb::app::cli
