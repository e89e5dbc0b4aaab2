#include "winrmlb/winrm/remote_config.h"

#include <gmock/gmock.h>
#include <pugixml.hpp>

namespace winrmlb::winrm {
namespace {

using ::testing::HasSubstr;

// In the order of a real one: the client's part, which has the same names, comes before the service's.
constexpr std::string_view kAnswer =
    R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>)"
    R"(<cfg:Config xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config" xml:lang="en-US">)"
    "<cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb><cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms>"
    "<cfg:Client><cfg:AllowUnencrypted>true</cfg:AllowUnencrypted><cfg:Auth><cfg:Basic>true</cfg:Basic>"
    "</cfg:Auth></cfg:Client>"
    "<cfg:Service><cfg:MaxConnections> 300 </cfg:MaxConnections>"
    "<cfg:AllowUnencrypted>false</cfg:AllowUnencrypted><cfg:Auth><cfg:Basic>false</cfg:Basic>"
    "<cfg:CbtHardeningLevel>Relaxed</cfg:CbtHardeningLevel></cfg:Auth></cfg:Service>"
    "<cfg:Winrs><cfg:MaxShellsPerUser>30</cfg:MaxShellsPerUser></cfg:Winrs></cfg:Config></s:Body></"
    "s:Envelope>";

TEST(RemoteConfig, SaysWhatTheServiceAllows) {
  const auto config = read_remote_config(kAnswer);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->value("MaxEnvelopeSizekb"), "500");
  EXPECT_EQ(config->value("Service/MaxConnections"), "300");
  EXPECT_EQ(config->value("Service/AllowUnencrypted"), "false") << "the client's is another";
  EXPECT_EQ(config->value("Service/Auth/Basic"), "false");
  EXPECT_EQ(config->value("Service/Auth/CbtHardeningLevel"), "Relaxed");
  EXPECT_EQ(config->value("Winrs/MaxShellsPerUser"), "30");
  EXPECT_EQ(config->value("Winrs/IdleTimeout"), "");
}

TEST(RemoteConfig, CutAnywhereItIsNoneOrLess) {
  for (std::size_t i = 0; i < kAnswer.size(); ++i) {
    const auto config = read_remote_config(kAnswer.substr(0, i));
    if (!config) continue;
    EXPECT_EQ(config->value("MaxEnvelopeSizekb"), "500") << i;
  }
  EXPECT_FALSE(read_remote_config("<s:Envelope><s:Body><s:Fault/></s:Body></s:Envelope>"));
  EXPECT_FALSE(read_remote_config("<Config/>"));
}

TEST(RemoteConfig, IsAskedForByAMessageThatIsWellFormed) {
  const auto message = make_get_config("http://a&b:5985/wsman", "uuid:1");
  pugi::xml_document document;
  EXPECT_TRUE(document.load_buffer(message.data(), message.size()));
  EXPECT_THAT(message, HasSubstr("http://a&amp;b:5985/wsman"));
}

}  // namespace
}  // namespace winrmlb::winrm
