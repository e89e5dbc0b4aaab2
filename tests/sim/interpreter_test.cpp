#include "winrmlb/sim/interpreter.h"

#include <gtest/gtest.h>

#include "winrmlb/sim/soap.h"

namespace winrmlb::sim {
namespace {

using std::chrono::milliseconds;

class Interpreter : public testing::Test {
 protected:
  Surroundings around() {
    return {"ps1", "CORP\\svc", &variables_, [this](const std::string& name) { return ++counters_[name]; }};
  }
  Plan run(std::string_view line) { return interpret(line, around()); }

  static std::string output(const Plan& plan, Stream stream = Stream::Out) {
    std::string out;
    for (const auto& step : plan.steps) {
      for (std::uint64_t i = 0; step.stream == stream && i < step.repeat; ++i)
        out += step.text;
    }
    return out;
  }
  static milliseconds length(const Plan& plan) {
    milliseconds sum{0};
    for (const auto& step : plan.steps)
      sum += step.pause;
    return sum;
  }
  static std::string encoded(std::string_view script) {
    return base64_encode(std::string_view(utf16le_from_utf8(script)).substr(2));
  }

  std::map<std::string, std::string> variables_;
  std::map<std::string, std::uint64_t> counters_;
};

TEST_F(Interpreter, SaysWhoAndWhereItIs) {
  EXPECT_EQ(output(run("echo hello world")), "hello world\r\n");
  EXPECT_EQ(output(run("hostname")), "ps1\r\n");
  EXPECT_EQ(output(run("WHOAMI.exe")), "CORP\\svc\r\n");
}

TEST_F(Interpreter, AnswersUnknownWordsAsCmdDoes) {
  const Plan plan = run("frobnicate /all");
  EXPECT_EQ(plan.exit_code, 1);
  EXPECT_EQ(output(plan), "");
  EXPECT_EQ(output(plan, Stream::Err),
            "'frobnicate' is not recognized as an internal or external command,\r\noperable program or batch "
            "file.\r\n");
}

TEST_F(Interpreter, JoinsCommandsByTheirSuccess) {
  EXPECT_EQ(output(run("echo a & echo b")), "a\r\nb\r\n");
  EXPECT_EQ(output(run("echo a && echo b")), "a\r\nb\r\n");
  EXPECT_EQ(output(run("nosuch && echo b")), "");
  EXPECT_EQ(output(run("nosuch || echo b")), "b\r\n");
  EXPECT_EQ(output(run("echo a || echo b")), "a\r\n");
  EXPECT_EQ(output(run("echo \"a & b\"")), "\"a & b\"\r\n");
}

TEST_F(Interpreter, ExitEndsTheLineWithItsCode) {
  EXPECT_EQ(run("exit 7").exit_code, 7);
  EXPECT_EQ(run("exit /b 3").exit_code, 3);
  EXPECT_EQ(run("exit -1").exit_code, -1);
  EXPECT_EQ(output(run("exit 2 & echo never")), "");
  EXPECT_EQ(run("cmd /c exit 5").exit_code, 5);
}

TEST_F(Interpreter, LetsTimePassWithoutTakingAny) {
  EXPECT_EQ(length(run("timeout /t 5")), milliseconds(5000));
  EXPECT_EQ(length(run("ping -n 4 127.0.0.1")), milliseconds(3000));
  EXPECT_EQ(length(interpret_powershell(
                "Start-Sleep -Milliseconds 250; Start-Sleep 2; Start-Sleep -Seconds 1", around())),
            milliseconds(3250));
}

TEST_F(Interpreter, GivesAsMuchOutputAsAskedFor) {
  EXPECT_EQ(output(run("type 3 KiB")).size(), 3U * 1024);
  EXPECT_EQ(run("type 1048576 KiB").steps.at(0).repeat, 1048576U);
  EXPECT_EQ(run("type 1048577 KiB").exit_code, 1);
  EXPECT_EQ(run("type C:\\boot.ini").exit_code, 1);
}

TEST_F(Interpreter, VariablesBelongToTheShell) {
  run("set Name=value 1");
  EXPECT_EQ(output(run("echo [%NAME%]")), "[value 1]\r\n");
  EXPECT_EQ(output(run("echo %nosuch% 100%")), "%nosuch% 100%\r\n");
  EXPECT_EQ(output(run("set na")), "NAME=value 1\r\n");
  run("set name=");
  EXPECT_EQ(run("set name").exit_code, 1);
}

TEST_F(Interpreter, CountersCountEachRunOnce) {
  EXPECT_EQ(output(run("counter")), "1\r\n");
  EXPECT_EQ(output(run("counter & counter job")), "2\r\n1\r\n");
  EXPECT_EQ(counters_.at("default"), 2U);
}

TEST_F(Interpreter, DecodesEncodedCommands) {
  const Plan plan = run("powershell -NoProfile -ExecutionPolicy Bypass -encodedcommand " +
                        encoded("Write-Output \"on $env:COMPUTERNAME\"; 'lit;eral'\nwhoami\nexit 4"));
  EXPECT_EQ(output(plan), "on PS1\r\nlit;eral\r\nCORP\\svc\r\n");
  EXPECT_EQ(plan.exit_code, 4);
  EXPECT_EQ(run("powershell -enc %%%").exit_code, 1);
  EXPECT_EQ(output(run("powershell -Command \"Write-Output hi\"")), "hi\r\n");
}

TEST_F(Interpreter, PowershellErrorsComeAsClixml) {
  const Plan plan = interpret_powershell("Get-Nothing", around());
  EXPECT_EQ(plan.exit_code, 1);
  EXPECT_TRUE(output(plan, Stream::Err).starts_with("#< CLIXML\r\n<Objs"));
}

}  // namespace
}  // namespace winrmlb::sim
