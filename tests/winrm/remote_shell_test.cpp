#include "winrmlb/winrm/remote_shell.h"

#include <gtest/gtest.h>
#include <pugixml.hpp>

namespace winrmlb::winrm {
namespace {

const ShellMessage kMessage{"http://10.0.0.11:5985/wsman", "uuid:1", "A&B"};

std::string text_at(const std::string& message, const char* path) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(message.c_str())) << message;
  return document.select_node(path).node().text().get();
}

TEST(RemoteShell, MessagesNameTheirActionAndTheShell) {
  struct Row {
    std::string message;
    std::string action;
  };
  const Row rows[] = {
      {make_command(kMessage, "echo <1>"), "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command"},
      {make_receive(kMessage, "C"), "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive"},
      {make_terminate(kMessage, "C"), "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Signal"},
      {make_delete(kMessage), "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(text_at(row.message, "//s:Header/a:Action"), row.action);
    EXPECT_EQ(text_at(row.message, "//w:Selector[@Name='ShellId']"), "A&B");
    EXPECT_EQ(text_at(row.message, "//a:MessageID"), "uuid:1");
    EXPECT_EQ(text_at(row.message, "//a:To"), "http://10.0.0.11:5985/wsman");
  }
  EXPECT_EQ(text_at(rows[0].message, "//rsp:Command"), "echo <1>");
  const auto create = make_create({"http://x/wsman", "uuid:2", {}});
  EXPECT_EQ(text_at(create, "//a:Action"), "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create");
  EXPECT_EQ(create.find("SelectorSet"), std::string::npos);
  EXPECT_EQ(text_at(create, "//rsp:IdleTimeOut"), "PT180S");
}

TEST(RemoteShell, TheShellIdIsReadFromEitherPlace) {
  EXPECT_EQ(shell_id_of("<s:Body><rsp:Shell><rsp:ShellId> 11-AA </rsp:ShellId></rsp:Shell></s:Body>"),
            "11-AA");
  EXPECT_EQ(
      shell_id_of(R"(<w:Selector Name="Other">x</w:Selector><w:Selector Name="ShellId">22</w:Selector>)"),
      "22");
  EXPECT_EQ(shell_id_of("<html>ShellId</html>"), "");
  EXPECT_EQ(shell_id_of("<rsp:ShellId>cut"), "");
}

TEST(RemoteShell, OutputIsDecodedUntilDone) {
  const std::string running =
      R"(<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="C">aGVs</rsp:Stream>)"
      R"(<rsp:Stream Name="stderr" CommandId="C">eHg=</rsp:Stream><rsp:Stream Name="stdout">bG8=</rsp:Stream>)"
      R"(<rsp:CommandState CommandId="C" State="http://x/shell/CommandState/Running"/></rsp:ReceiveResponse>)";
  auto output = read_output(running);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->standard_output, "hello");
  EXPECT_FALSE(output->done);
  output = read_output(
      R"(<rsp:ReceiveResponse><rsp:Stream Name="stdout" End="true"/>)"
      R"(<rsp:CommandState State='http://x/shell/CommandState/Done'></rsp:CommandState></rsp:ReceiveResponse>)");
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->done);
  EXPECT_FALSE(read_output("<s:Fault/>"));
  EXPECT_FALSE(read_output(R"(<rsp:ReceiveResponse><rsp:Stream Name="stdout">a</rsp:Stream>)"));
}

TEST(RemoteShell, AnAnswerCutAnywhereIsNotMisread) {
  const std::string whole =
      R"(<a><rsp:ReceiveResponse><rsp:Stream Name="stdout">aGVsbG8=</rsp:Stream>)"
      R"(<rsp:CommandState State="http://x/CommandState/Done"/></rsp:ReceiveResponse></a>)";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto output = read_output(std::string_view(whole).substr(0, i));
    if (!output) continue;
    EXPECT_TRUE(output->standard_output.empty() || output->standard_output == "hello") << i;
  }
}

TEST(RemoteShell, FaultCodesAreReadAndNothingElseIsOne) {
  EXPECT_EQ(fault_code_of(R"(<f:WSManFault xmlns:f="u" Code="2150858793" Machine="m">)"), 2150858793U);
  EXPECT_FALSE(fault_code_of(R"(<f:WSManFault ErrorCode="5">)"));
  EXPECT_FALSE(fault_code_of(R"(<f:WSManFault Code="-5">)"));
  EXPECT_FALSE(fault_code_of("Code=\"5\""));
}

TEST(RemoteShell, ALoginIsTheUserAndPasswordInBase64) {
  EXPECT_EQ(basic_login("user", "pass"), "Authorization: Basic dXNlcjpwYXNz");
}

}  // namespace
}  // namespace winrmlb::winrm
