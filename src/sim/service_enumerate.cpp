// Enumerations (DSP0226 8): of shells, of the commands of a shell, and of the one listener.
#include "winrmlb/core/text.h"
#include "winrmlb/sim/service.h"

namespace winrmlb::sim {

namespace {

constexpr std::string_view kShellResource = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
constexpr std::string_view kCommandResource =
    "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command";

}  // namespace

std::vector<std::string> Service::listed(const SoapRequest& request) {
  std::vector<std::string> items;
  if (request.resource_uri == kShellResource) {
    for (const auto& [id, shell] : shells_.all())
      items.push_back(shell_body(*shell));
  } else if (request.resource_uri == kCommandResource) {
    const Shell* shell = nullptr;
    const auto filter = child_of(child_of(request.body, ns::kEnumeration, "Enumerate"), ns::kWsman, "Filter");
    const auto selector =
        filter.find_node([](const pugi::xml_node& node) { return local_name(node.name()) == "Selector"; });
    shell = shells_.find(normal_guid(trimmed(selector.text().get())));
    if (shell == nullptr) return items;
    for (const auto& [id, command] : shell->commands) {
      items.push_back("<rsp:Command><rsp:ShellId>" + shell->id + "</rsp:ShellId><rsp:CommandId>" + id +
                      "</rsp:CommandId><rsp:State>" + (command.outlet->done ? "Done" : "Running") +
                      "</rsp:State></rsp:Command>");
    }
  } else {
    items.push_back(
        "<cfg:Listener xmlns:cfg=\"http://schemas.microsoft.com/wbem/wsman/1/config/listener\">"
        "<cfg:Address>*</cfg:Address><cfg:Transport>HTTP</cfg:Transport></cfg:Listener>");
  }
  return items;
}

std::string Service::take_items(Enumeration& enumeration, std::size_t most) const {
  std::string out;
  for (; most > 0 && enumeration.next < enumeration.items.size(); --most)
    out += enumeration.items[enumeration.next++];
  return out;
}

Reply Service::enumerate(const SoapRequest& request, const Caller&) {
  const bool config = starts_with_ignoring_case(request.resource_uri, ns::kConfig);
  if (!config && !request.resource_uri.starts_with(kShellResource))
    return fault(request, Fault::InvalidResource);
  const auto wanted = child_of(request.body, ns::kEnumeration, "Enumerate");
  Enumeration enumeration{listed(request), 0};
  const bool optimized = static_cast<bool>(child_of(wanted, ns::kWsman, "OptimizeEnumeration"));
  std::string items;
  if (optimized) {
    const auto most =
        parse_unsigned(trimmed(child_of(wanted, ns::kWsman, "MaxElements").text().get()), 32000);
    items = "<w:Items>" + take_items(enumeration, most.value_or(1)) + "</w:Items>";
  }
  std::string context;
  if (enumeration.next < enumeration.items.size() || !optimized) {
    context = "uuid:" + new_guid();
    enumerations_[context] = std::move(enumeration);
  } else {
    items += "<w:EndOfSequence/>";
  }
  return success(request, "<n:EnumerateResponse><n:EnumerationContext>" + context +
                              "</n:EnumerationContext>" + items + "</n:EnumerateResponse>");
}

Reply Service::pull(const SoapRequest& request) {
  const auto wanted = child_of(request.body, ns::kEnumeration, "Pull");
  const std::string context(trimmed(child_of(wanted, ns::kEnumeration, "EnumerationContext").text().get()));
  const auto found = enumerations_.find(context);
  if (found == enumerations_.end()) return fault(request, Fault::InvalidEnumeration);
  const auto most =
      parse_unsigned(trimmed(child_of(wanted, ns::kEnumeration, "MaxElements").text().get()), 32000);
  const std::string items = "<n:Items>" + take_items(found->second, most.value_or(1)) + "</n:Items>";
  if (found->second.next < found->second.items.size()) {
    return success(request, "<n:PullResponse><n:EnumerationContext>" + context + "</n:EnumerationContext>" +
                                items + "</n:PullResponse>");
  }
  enumerations_.erase(found);
  return success(request, "<n:PullResponse>" + items + "<n:EndOfSequence/></n:PullResponse>");
}

Reply Service::release(const SoapRequest& request) {
  const auto wanted = child_of(request.body, ns::kEnumeration, "Release");
  const std::string context(trimmed(child_of(wanted, ns::kEnumeration, "EnumerationContext").text().get()));
  if (enumerations_.erase(context) == 0) return fault(request, Fault::InvalidEnumeration);
  return success(request, "");
}

}  // namespace winrmlb::sim
