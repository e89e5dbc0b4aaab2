#include "winrmlb/winrm/remote_config.h"

#include <algorithm>
#include <array>

#include "tags.h"
#include "winrmlb/core/text.h"

namespace winrmlb::winrm {

namespace {

constexpr std::array<std::string_view, 17> kNames = {"MaxEnvelopeSizekb",
                                                     "MaxTimeoutms",
                                                     "Service/MaxConcurrentOperationsPerUser",
                                                     "Service/MaxConnections",
                                                     "Service/AllowUnencrypted",
                                                     "Service/Auth/Basic",
                                                     "Service/Auth/Kerberos",
                                                     "Service/Auth/Negotiate",
                                                     "Service/Auth/Certificate",
                                                     "Service/Auth/CredSSP",
                                                     "Service/Auth/CbtHardeningLevel",
                                                     "Winrs/AllowRemoteShellAccess",
                                                     "Winrs/IdleTimeout",
                                                     "Winrs/MaxConcurrentUsers",
                                                     "Winrs/MaxProcessesPerShell",
                                                     "Winrs/MaxMemoryPerShellMB",
                                                     "Winrs/MaxShellsPerUser"};
constexpr std::size_t kMostBytes = 256;  // of one value

// The local name that an end tag begins with; empty if it is some other markup.
std::string_view end_tag_name(std::string_view text) noexcept {
  return text.starts_with("</") ? start_tag_name(text.substr(1)) : std::string_view{};
}

// What stands within the first element of that name; nothing if there is none. Elements of one name do not
// nest in this document.
std::string_view within(std::string_view text, std::string_view name) noexcept {
  const auto found = find_start_tag(text, name);
  if (found.tag.empty() || found.tag.ends_with("/>")) return {};
  for (auto at = found.rest.find("</"); at != std::string_view::npos; at = found.rest.find("</", at + 2)) {
    if (end_tag_name(found.rest.substr(at)) == name) return found.rest.substr(0, at);
  }
  return {};
}

}  // namespace

std::string make_get_config(std::string_view to, std::string_view message_id) {
  std::string out =
      R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
      R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
      R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>)"
      R"(<a:Action s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action>)"
      R"(<w:ResourceURI s:mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/config</w:ResourceURI>)"
      R"(<a:ReplyTo><a:Address s:mustUnderstand="true">)"
      R"(http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>)"
      R"(<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>)"
      R"(<w:OperationTimeout>PT20S</w:OperationTimeout><a:To>)";
  append_xml_escaped(out, to);
  out += "</a:To><a:MessageID>";
  append_xml_escaped(out, message_id);
  return out += "</a:MessageID></s:Header><s:Body/></s:Envelope>";
}

std::string_view RemoteConfig::value(std::string_view name) const noexcept {
  const auto found =
      std::find_if(values.begin(), values.end(), [name](const ConfigValue& one) { return one.name == name; });
  return found == values.end() ? std::string_view{} : std::string_view(found->value);
}

std::optional<RemoteConfig> read_remote_config(std::string_view answer) {
  const auto document = within(answer, "Config");
  if (document.empty()) return std::nullopt;
  RemoteConfig config;
  for (const auto name : kNames) {
    auto section = document;
    auto rest = name;
    for (auto slash = rest.find('/'); slash != rest.npos; slash = rest.find('/')) {
      section = within(section, rest.substr(0, slash));
      rest.remove_prefix(slash + 1);
    }
    const auto value = text_before_tag(after_start_tag(section, rest));
    if (!value.empty() && value.size() <= kMostBytes)
      config.values.push_back({std::string(name), std::string(value)});
  }
  return config;
}

}  // namespace winrmlb::winrm
