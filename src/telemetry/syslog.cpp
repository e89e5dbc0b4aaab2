#include "winrmlb/telemetry/syslog.h"

#include <array>
#include <unistd.h>

#include "winrmlb/core/utf8.h"

namespace winrmlb::telemetry {

namespace {

// RFC 5424 6.2.4: printable ASCII without blanks, 255 at most; "-" if there is none.
std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "-";
  std::string host(name.data());
  for (auto& c : host)
    c = c > ' ' && c < 0x7f ? c : '-';
  return host.empty() ? "-" : host;
}

// Control characters would end the line, or a terminal's peace.
template <typename Escape>
void append_clean(std::string& out, std::string_view text, Escape needs_backslash) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const char c = text.front();
    const auto byte = static_cast<unsigned char>(c);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (length > 1) {
      out.append(text.substr(0, length));
    } else if (byte < 0x20 || byte == 0x7f) {
      out += ' ';
    } else {
      if (needs_backslash(c)) out += '\\';
      out += c;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

SyslogHeader::SyslogHeader(const SyslogOptions& options)
    : facility_(options.facility),
      sender_("Z " + (options.host.empty() ? host_name() : options.host) + " winrm-lb " +
              std::to_string(::getpid()) + " ") {}

void SyslogHeader::append(std::string& out, Severity severity, std::string_view time,
                          std::string_view message_id) const {
  out += '<';
  out += std::to_string(facility_ * 8 + static_cast<int>(severity));
  out += ">1 ";
  out += time;
  out += sender_;
  out += message_id;
  // 32473 is the enterprise number for examples (RFC 5612): this project has none of its own.
  out += " [winrm-lb@32473";
}

void append_parameter_escaped(std::string& out, std::string_view text) {
  append_clean(out, text, [](char c) { return c == '"' || c == '\\' || c == ']'; });
}

void append_message_escaped(std::string& out, std::string_view text) {
  append_clean(out, text, [](char) { return false; });
}

}  // namespace winrmlb::telemetry
