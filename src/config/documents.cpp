// The documents made of the tables: list of keys, JSON Schema, reference file, and settings written out.
#include <functional>

#include "table.h"
#include "winrmlb/config/keys.h"
#include "winrmlb/config/load.h"
#include "winrmlb/core/text.h"

namespace winrmlb::config {

namespace {

using Shape = Doc::Shape;

std::vector<Doc> top_docs() {
  std::vector<Doc> docs;
  for (const auto& field : settings_table())
    docs.push_back(field.doc);
  return docs;
}

void list_keys(const std::vector<Doc>& docs, const std::string& path, std::vector<KeyInfo>& keys) {
  for (const auto& doc : docs) {
    const std::string here = join(path, doc.name);
    keys.push_back({here, doc.type, doc.standard, doc.bounds, doc.why});
    const std::string inner = doc.shape == Shape::NamedMaps    ? here + ".<name>"
                              : doc.shape == Shape::ListOfMaps ? here + "[]"
                                                               : here;
    list_keys(doc.children, inner, keys);
  }
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + "\"";
}

// ---- JSON Schema
// ----------------------------------------------------------------------------------------------

void schema_object(const std::vector<Doc>& docs, const std::string& indent, std::string& out,
                   bool never_empty = false);

void schema_value(const Doc& doc, const std::string& indent, std::string& out) {
  const std::string inner = indent + "  ";
  out += "{\n" + inner + "\"description\": " + json_text(doc.why);
  if (!doc.standard.empty()) out += ",\n" + inner + "\"$comment\": " + json_text("default: " + doc.standard);
  switch (doc.shape) {
    case Shape::Scalar:
    case Shape::List:
      out += ",\n" + inner + doc.schema;
      break;
    case Shape::Map:
      out += ",\n";
      schema_object(doc.children, inner, out, doc.never_empty);
      break;
    case Shape::NamedMaps:
      out += ",\n" + inner + "\"type\": \"object\",\n" + inner + "\"minProperties\": 1,\n" + inner +
             "\"additionalProperties\": {\n";
      schema_object(doc.children, inner + "  ", out);
      out += "\n" + inner + "}";
      break;
    case Shape::ListOfMaps:
      out +=
          ",\n" + inner + "\"type\": \"array\",\n" + inner + "\"minItems\": 1,\n" + inner + "\"items\": {\n";
      schema_object(doc.children, inner + "  ", out);
      out += "\n" + inner + "}";
      break;
  }
  out += "\n" + indent + "}";
}

void schema_object(const std::vector<Doc>& docs, const std::string& indent, std::string& out,
                   bool never_empty) {
  std::string required;
  for (const auto& doc : docs) {
    if (doc.required) required += (required.empty() ? "" : ", ") + json_text(doc.name);
  }
  // `log:` with nothing behind it is a section with all defaults, where nothing must be given.
  out += indent +
         "\"type\": " + (required.empty() && !never_empty ? "[\"object\", \"null\"]" : "\"object\"") + ",\n" +
         indent + "\"additionalProperties\": false,\n";
  if (!required.empty()) out += indent + "\"required\": [" + required + "],\n";
  out += indent + "\"properties\": {";
  bool first = true;
  for (const auto& doc : docs) {
    out += (first ? "\n" : ",\n") + indent + "  " + json_text(doc.name) + ": ";
    schema_value(doc, indent + "  ", out);
    first = false;
  }
  out += "\n" + indent + "}";
}

// ---- the reference file
// ---------------------------------------------------------------------------------------

// What the reference shows for keys that must be given, and for names.
std::string example_of(const std::string& path) {
  if (path == "listeners[].bind") return "\"0.0.0.0:5985\"";
  if (path == "listeners[].pool") return "teams";
  if (path == "pools.<name>.servers.<name>.host") return "10.0.0.11";
  if (path == "listeners[].name") return "winrm";
  if (path == "listeners[].tls.certificate") return "/etc/winrm-lb/lb.pem";
  if (path == "listeners[].tls.key") return "/etc/winrm-lb/lb.key";
  if (path == "listeners[].tls.certificates") return "[{certificate: rsa.pem, key: rsa.key}]";
  if (path == "listeners[].tls.client_ca") return "/etc/winrm-lb/client-ca.pem";
  if (path == "listeners[].tls.crl") return "/etc/winrm-lb/client-ca.crl";
  if (path == "listeners[].proxy_protocol.from") return "[10.0.0.5]";
  if (path == "listeners[].client_address_from") return "[10.0.0.5]";
  if (path == "listeners[].allow") return "[10.0.0.0/8]";
  if (path == "listeners[].deny") return "[10.66.0.0/16]";
  if (path == "listeners[].schemes.allow") return "[negotiate, kerberos]";
  if (path == "listeners[].schemes.deny") return "[basic]";
  if (path == "routes") return "[{resource: Microsoft.Exchange, clients: [10.2.0.0/16], pool: teams}]";
  if (path == "pools.<name>.server_tls.certificate") return "/etc/winrm-lb/to-servers.pem";
  if (path == "pools.<name>.server_tls.key") return "/etc/winrm-lb/to-servers.key";
  if (path == "pools.<name>.source") return "10.0.0.2";
  if (path == "pools.<name>.clients") return "[10.1.0.1, 10.1.0.2]";
  if (path == "pools.<name>.affinity.cookie.key_file") return "/etc/winrm-lb/cookie.keys";
  if (path == "pools.<name>.affinity.cookie.clients") return "[10.1.0.0/16, \"2001:db8::/32\"]";
  if (path == "pools.<name>.server_tls.ca") return "/etc/winrm-lb/farm-ca.pem";
  if (path == "pools.<name>.server_tls.server_name") return "farm.example.net";
  if (path == "pools.<name>.server_tls.fingerprint") return "\"" + std::string(64, '0') + "\"";
  if (path == "pools.<name>.health.account.user") return "winrm-lb-probe";
  if (path == "pools.<name>.health.account.password_file") return "/etc/winrm-lb/probe.password";
  if (path == "pools.<name>.health.account.keytab") return "/etc/winrm-lb/probe.keytab";
  if (path == "name_servers") return "[10.0.0.53, \"10.0.1.53:5353\"]";
  if (path == "include") return "[\"pools.d/*.yaml\"]";
  if (path == "admin.bind") return "\"127.0.0.1:9585\"";
  if (path == "admin.token_file") return "/etc/winrm-lb/admin.tokens";
  if (path == "admin.certificate") return "/etc/winrm-lb/admin.pem";
  if (path == "admin.key") return "/etc/winrm-lb/admin.key";
  if (path == "log.syslog.address") return "\"127.0.0.1:514\"";
  return {};
}

std::string comment(const Doc& doc) {
  std::string text = doc.why;
  if (doc.shape == Shape::Scalar || doc.shape == Shape::List) {
    text += " (" + doc.type + (doc.bounds.empty() ? "" : ", " + doc.bounds) + ")";
  }
  return text;
}

// `off`: within a part that is shown as an example only, commented out.
void reference_of(const std::vector<Doc>& docs, const std::string& path, const std::string& indent, bool off,
                  std::string first_indent, std::string& out) {
  bool first = true;
  for (const auto& doc : docs) {
    const std::string here = join(path, doc.name);
    const std::string lead = first ? first_indent : indent;
    first = false;
    if (indent.empty() && doc.shape != Shape::Scalar && doc.shape != Shape::List) out += "\n";
    // Without a default a key is an example, unless it must be given.
    const bool usual = here == "listeners[].tls.certificate" || here == "listeners[].tls.key";
    const bool example = off ||
                         (doc.standard.empty() && !usual && !doc.required && doc.shape != Shape::Map &&
                          doc.shape != Shape::NamedMaps) ||
                         (doc.standard == "\"\"" && !example_of(here).empty()) || here == "listeners[].tls";
    const std::string hash = example ? "# " : "";
    const bool item = lead != indent;
    if (!item) out += indent + "# " + comment(doc) + "\n";
    const std::string note = item ? "  # " + comment(doc) : "";
    const std::string value = example_of(here).empty() ? doc.standard : example_of(here);
    switch (doc.shape) {
      case Shape::Scalar:
      case Shape::List:
        out += (item ? lead : indent + hash) + doc.name + ": " + value + note + "\n";
        break;
      case Shape::Map:
        out += indent + hash + doc.name + ":\n";
        reference_of(doc.children, here, indent + (example && !off ? hash : "") + "  ", false,
                     indent + (example && !off ? hash : "") + "  ", out);
        break;
      case Shape::NamedMaps: {
        const std::string name = doc.name == "pools" ? "teams" : "ps1";
        out += indent + doc.name + ":\n" + indent + "  " + name + ":\n";
        reference_of(doc.children, here + ".<name>", indent + "    ", off, indent + "    ", out);
        break;
      }
      case Shape::ListOfMaps:
        out += indent + doc.name + ":\n";
        reference_of(doc.children, here + "[]", indent + "    ", off, indent + "  - ", out);
        break;
    }
  }
}

}  // namespace

std::vector<KeyInfo> all_keys() {
  std::vector<KeyInfo> keys;
  list_keys(top_docs(), "", keys);
  return keys;
}

std::string json_schema() {
  std::string out =
      "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"winrm-lb "
      "configuration\",\n";
  schema_object(top_docs(), "  ", out);
  return out + "\n}\n";
}

std::string reference_yaml() {
  std::string out =
      "# Every key of winrm-lb's configuration, with its default and what it is for. Keys behind '#' have no "
      "default and\n"
      "# are shown as examples. Nothing but listeners and a pool with servers must be given. `winrm-lb check "
      "FILE` says\n"
      "# whether a file is good; editors complete and check it by winrm-lb.schema.json.\n\n";
  reference_of(top_docs(), "", "", false, "", out);
  return out;
}

std::string effective_yaml(const Settings& settings) {
  std::string out;
  for (const auto& field : settings_table()) {
    const std::string value = field.show(settings);
    if (!value.empty()) out += field.doc.name + ": " + value + "\n";
  }
  return out;
}

}  // namespace winrmlb::config
