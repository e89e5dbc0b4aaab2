#include "winrmlb/sim/soap.h"

#include <array>
#include <cstring>
#include <random>

#include "winrmlb/core/text.h"

namespace winrmlb::sim {

namespace {

struct ActionName {
  Action action;
  std::string_view name;
  std::string_view uri;
};

constexpr std::array<ActionName, 13> kActions{{
    {Action::Get, "Get", "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"},
    {Action::Create, "Create", "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"},
    {Action::Delete, "Delete", "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete"},
    {Action::Enumerate, "Enumerate", "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate"},
    {Action::Pull, "Pull", "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull"},
    {Action::Release, "Release", "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Release"},
    {Action::Command, "Command", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command"},
    {Action::Send, "Send", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send"},
    {Action::Receive, "Receive", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive"},
    {Action::Signal, "Signal", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Signal"},
    {Action::Disconnect, "Disconnect", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Disconnect"},
    {Action::Reconnect, "Reconnect", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Reconnect"},
    {Action::Connect, "Connect", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Connect"},
}};

// The namespace bound to a prefix ("" for the default one) at this node, by the nearest declaration upwards.
std::string_view namespace_at(pugi::xml_node node, std::string_view prefix) {
  std::string wanted = "xmlns";
  if (!prefix.empty()) wanted.append(":").append(prefix);
  for (; node; node = node.parent()) {
    if (const auto attribute = node.attribute(wanted.c_str())) return attribute.value();
  }
  return {};
}

bool is_named(const pugi::xml_node& node, std::string_view space, std::string_view local) {
  const std::string_view name = node.name();
  if (local_name(name) != local) return false;
  const auto colon = name.find(':');
  return namespace_at(node, colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon)) ==
         space;
}

bool must_understand(const pugi::xml_node& node) {
  for (const auto& attribute : node.attributes()) {
    const std::string_view value = attribute.value();
    if (local_name(attribute.name()) == "mustUnderstand") return value == "true" || value == "1";
  }
  return false;
}

pugi::xml_encoding encoding_of(std::string_view bytes) {
  if (bytes.size() < 2) return pugi::encoding_utf8;
  const auto a = static_cast<unsigned char>(bytes[0]);
  const auto b = static_cast<unsigned char>(bytes[1]);
  if ((a == 0xff && b == 0xfe) || (a == '<' && b == 0)) return pugi::encoding_utf16_le;
  if ((a == 0xfe && b == 0xff) || (a == 0 && b == '<')) return pugi::encoding_utf16_be;
  return pugi::encoding_utf8;
}

Error bad(std::string detail) { return Error{ErrorCode::BadRequest, Side::Client, std::move(detail)}; }

std::string text_of(const pugi::xml_node& node) { return std::string(trimmed(node.text().get())); }

void read_header(SoapRequest& request, const pugi::xml_node& header) {
  request.action_uri = text_of(child_of(header, ns::kAddressing, "Action"));
  request.resource_uri = text_of(child_of(header, ns::kWsman, "ResourceURI"));
  request.message_id = text_of(child_of(header, ns::kAddressing, "MessageID"));
  request.session_id = normal_guid(text_of(child_of(header, ns::kMicrosoft, "SessionId")));
  const auto operation = child_of(header, ns::kMicrosoft, "OperationID");
  request.operation_id = normal_guid(text_of(operation));
  request.retransmission = operation && must_understand(operation);
  request.operation_timeout = parse_duration(text_of(child_of(header, ns::kWsman, "OperationTimeout")));
  if (const auto most = parse_unsigned(text_of(child_of(header, ns::kWsman, "MaxEnvelopeSize")), 1U << 30U)) {
    request.max_envelope_bytes = *most;
  }
  for (const auto& selector :
       children_of(child_of(header, ns::kWsman, "SelectorSet"), ns::kWsman, "Selector")) {
    if (equals_ignoring_case(selector.attribute("Name").value(), "ShellId")) {
      request.shell_id = normal_guid(text_of(selector));
    }
  }
  for (const auto& option : children_of(child_of(header, ns::kWsman, "OptionSet"), ns::kWsman, "Option")) {
    request.options[option.attribute("Name").value()] = text_of(option);
  }
  for (const auto& known : kActions) {
    if (known.uri == request.action_uri) request.action = known.action;
  }
}

}  // namespace

std::string_view name_of(Action action) {
  if (action == Action::Identify) return "Identify";
  for (const auto& known : kActions) {
    if (known.action == action) return known.name;
  }
  return "Other";
}

std::string_view local_name(std::string_view qualified) {
  const auto colon = qualified.find(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

pugi::xml_node child_of(const pugi::xml_node& parent, std::string_view space, std::string_view local) {
  for (const auto& node : parent.children()) {
    if (is_named(node, space, local)) return node;
  }
  return {};
}

std::vector<pugi::xml_node> children_of(const pugi::xml_node& parent, std::string_view space,
                                        std::string_view local) {
  std::vector<pugi::xml_node> out;
  for (const auto& node : parent.children()) {
    if (is_named(node, space, local)) out.push_back(node);
  }
  return out;
}

Result<SoapRequest> parse_request(std::string_view bytes) {
  SoapRequest request;
  request.document = std::make_shared<pugi::xml_document>();
  const auto parsed = request.document->load_buffer(
      bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_ws_pcdata, encoding_of(bytes));
  if (!parsed) return bad(std::string("not XML: ") + parsed.description());
  const auto envelope = child_of(*request.document, ns::kSoap, "Envelope");
  if (!envelope) return bad("no SOAP 1.2 envelope");
  request.body = child_of(envelope, ns::kSoap, "Body");
  if (!request.body) return bad("no SOAP body");
  read_header(request, child_of(envelope, ns::kSoap, "Header"));
  if (child_of(request.body, ns::kIdentity, "Identify")) {
    request.action = Action::Identify;
    return request;
  }
  if (request.action_uri.empty()) return bad("no Action");
  return request;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty() || text.front() != 'P') return std::nullopt;
  text.remove_prefix(1);
  std::uint64_t total = 0;
  bool time_part = false;
  bool any = false;
  while (!text.empty()) {
    if (text.front() == 'T') {
      if (time_part) return std::nullopt;
      time_part = true;
      text.remove_prefix(1);
      continue;
    }
    const auto unit_at = text.find_first_not_of("0123456789.");
    if (unit_at == 0 || unit_at == std::string_view::npos) return std::nullopt;
    const auto number = text.substr(0, unit_at);
    const auto dot = number.find('.');
    const auto whole = parse_unsigned(number.substr(0, dot), 100'000'000);
    if (!whole) return std::nullopt;
    std::uint64_t thousandths = 0;
    if (dot != std::string_view::npos) {
      std::string digits(number.substr(dot + 1));
      if (text[unit_at] != 'S' || digits.empty() || digits.find('.') != std::string::npos)
        return std::nullopt;
      digits.resize(3, '0');
      thousandths = *parse_unsigned(digits);
    }
    const char unit = text[unit_at];
    std::uint64_t factor = 0;
    if (unit == 'D' && !time_part) factor = 86'400'000;
    if (unit == 'H' && time_part) factor = 3'600'000;
    if (unit == 'M' && time_part) factor = 60'000;
    if (unit == 'S' && time_part) factor = 1'000;
    if (factor == 0) return std::nullopt;
    total += *whole * factor + thousandths;
    any = true;
    text.remove_prefix(unit_at + 1);
  }
  if (!any) return std::nullopt;
  return std::chrono::milliseconds(total);
}

std::string duration_text(std::chrono::milliseconds duration) {
  std::string thousandths = std::to_string(duration.count() % 1000);
  thousandths.insert(0, 3 - thousandths.size(), '0');
  return "PT" + std::to_string(duration.count() / 1000) + "." + thousandths + "S";
}

std::string normal_guid(std::string_view text) {
  if (starts_with_ignoring_case(text, "uuid:")) text.remove_prefix(5);
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return out;
}

std::string new_guid() {
  static std::random_device source;
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  std::uint32_t bits = 0;
  int left = 0;
  for (char& c : out) {
    if (c != 'x') continue;
    if (left == 0) {
      bits = source();
      left = 8;
    }
    c = kHex[bits & 15U];
    bits >>= 4U;
    --left;
  }
  return out;
}

std::string answer_envelope(std::string_view action_uri, std::string_view relates_to, std::string_view body) {
  std::string out =
      "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
      "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
      "xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/transfer\" "
      "xmlns:n=\"http://schemas.xmlsoap.org/ws/2004/09/enumeration\" "
      "xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" "
      "xmlns:rsp=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\" "
      "xmlns:p=\"http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd\"><s:Header><a:Action>";
  out.append(action_uri);
  out += "</a:Action><a:MessageID>uuid:" + new_guid() +
         "</a:MessageID><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>";
  if (!relates_to.empty()) {
    out += "<a:RelatesTo>";
    append_xml_escaped(out, relates_to);
    out += "</a:RelatesTo>";
  }
  out += "</s:Header><s:Body>";
  out.append(body);
  out += "</s:Body></s:Envelope>";
  return out;
}

}  // namespace winrmlb::sim
