#include "field.h"

#include <cstdlib>
#include <fstream>

#include "field_kinds.h"
#include "limits.h"
#include "winrmlb/core/text.h"

namespace winrmlb::config {

void refuse_kind(Reader& reader, const Value& value, const std::string& path, const std::string& wanted) {
  static constexpr const char* kKinds[] = {"nothing", "a single value", "a list", "a mapping"};
  reader.report.mistake(
      value.place, path,
      std::string("here stands ") + kKinds[static_cast<int>(value.kind)] + ", but it must be " + wanted);
}

std::string unknown_key(const std::string& key, const std::vector<std::string_view>& known) {
  if (const auto meant = nearest(key, known))
    return "an unknown key; did you mean " + std::string(*meant) + "?";
  std::string list;
  for (const auto name : known)
    list += (list.empty() ? "" : ", ") + std::string(name);
  return "an unknown key; there are " + list;
}

namespace {

// systemd puts a service's secrets into a folder that only the service can read, and names it in the
// environment: systemd.exec(5), LoadCredential=.
constexpr char kCredentialsVariable[] = "CREDENTIALS_DIRECTORY";
constexpr std::string_view kCredentials = "${CREDENTIALS_DIRECTORY}/";

std::string absolute(const Reader& reader, const Value& value) {
  const char* credentials = std::getenv(kCredentialsVariable);
  if (credentials && value.text.starts_with(kCredentials)) {
    const auto name = std::string_view(value.text).substr(kCredentials.size());
    return (std::filesystem::path(credentials) / name).lexically_normal().string();
  }
  return (reader.folder / value.text).lexically_normal().string();
}

}  // namespace

std::string file_in(Reader& reader, const Value& value, const std::string& path) {
  if (value.text.empty()) {
    refuse_kind(reader, value, path, "a file");
    return {};
  }
  if (value.text.starts_with(kCredentials) && !std::getenv(kCredentialsVariable)) {
    reader.report.mistake(value.place, path,
                          "CREDENTIALS_DIRECTORY is not set: systemd sets it for a service whose unit has "
                          "LoadCredential=; to check by hand, set it to the folder of the file");
    return {};
  }
  const std::string file = absolute(reader, value);
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error) || !std::ifstream(file)) {
    reader.report.mistake(value.place, path, "cannot read the file " + file);
  }
  return file;
}

std::string private_key_in(Reader& reader, const Value& value, const std::string& path) {
  std::string file = file_in(reader, value, path);
  std::error_code error;
  const auto open_to_all = std::filesystem::perms::others_read;
  if ((std::filesystem::status(file, error).permissions() & open_to_all) == open_to_all && !error) {
    reader.report.warn(value.place, path,
                       "every user of this machine can read this key, and with it pose as the balancer; "
                       "chmod o= " +
                           file);
  }
  return file;
}

std::string socket_in(Reader& reader, const Value& value, const std::string& path) {
  if (value.text.empty() || value.text == "off") return {};
  std::string socket = absolute(reader, value);
  if (socket.size() > kSocketPathBytes) {
    reader.report.mistake(value.place, path,
                          "the path of a socket may have " + std::to_string(kSocketPathBytes) +
                              " bytes at most, and with its folder this one has " +
                              std::to_string(socket.size()));
  }
  return socket;
}

std::string output_in(Reader& reader, const Value& value, const std::string&) {
  const bool is_path =
      !value.text.empty() && value.text != "off" && value.text != "-" && value.text != "syslog";
  return is_path ? absolute(reader, value) : value.text;
}

Parsed<Endpoint> parse_endpoint(std::string_view text) {
  if (const auto endpoint = Endpoint::parse(text)) return {*endpoint};
  return {in_quotes(text) + " is not an address and port; write it like 0.0.0.0:5985 or [::]:5985"};
}

namespace {

// What is wrong with a text that is no network. The likeliest slip: an address within the network, not its
// first.
std::string no_network(const std::string& text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto bits = slash == std::string::npos ? std::nullopt : parse_unsigned(text.substr(slash + 1), 128);
  if (address && bits && *bits <= (address->is_v4() ? 32U : 128U)) {
    const auto width = static_cast<std::uint8_t>(*bits);
    return in_quotes(text) + " has address bits beyond its prefix; did you mean " +
           Prefix{address->masked(width), width}.text() + "?";
  }
  return in_quotes(text) + " is not a network; write it like 10.1.0.0/16, fd00::/8 or 10.1.2.3";
}

}  // namespace

void read_networks(Reader& reader, const Value& list, const std::string& path,
                   std::vector<Prefix>& networks) {
  for (const auto& item : list.items) {
    const std::string here = path + "[" + std::to_string(networks.size()) + "]";
    const auto network = Prefix::parse(item.text);
    if (!network) {
      reader.report.mistake(item.place, here, no_network(item.text));
    } else if (std::find(networks.begin(), networks.end(), *network) != networks.end()) {
      reader.report.mistake(item.place, here, item.text + " stands here twice; keep one");
    } else if (networks.size() >= kNetworks) {
      return reader.report.mistake(item.place, here,
                                   "there may be " + std::to_string(kNetworks) + " networks at most");
    } else {
      networks.push_back(*network);
    }
  }
}

std::string show_networks(const std::vector<Prefix>& networks) {
  std::string out;
  for (const auto& network : networks)
    out += (out.empty() ? "" : ", ") + yaml_text(network.text());
  return out.empty() ? out : "[" + out + "]";
}

std::string yaml_text(const std::string& text) {
  const bool plain =
      !text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./") ==
          std::string::npos;
  if (plain) return text;
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + "\"";
}

}  // namespace winrmlb::config
