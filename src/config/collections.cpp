#include "collections.h"

#include "field_kinds.h"
#include "limits.h"
#include "table.h"

namespace winrmlb::config {

namespace {

template <typename Object>
std::vector<Doc> docs_of(const Table<Object>& table) {
  std::vector<Doc> docs;
  for (const auto& field : table)
    docs.push_back(field.doc);
  return docs;
}

// A mapping of names to objects, in the order of the file; `known` are the objects read so far.
template <typename Object>
void read_named(Reader& reader, const Value& value, const std::string& path, const Table<Object>& table,
                std::size_t most, std::vector<Object>& known) {
  if (value.kind != Value::Kind::Map) return refuse_kind(reader, value, path, "a mapping of names");
  for (const auto& entry : value.entries) {
    const std::string here = join(path, entry.key);
    if (!is_name(entry.key)) {
      reader.report.mark_wrong(path);  // not found empty on top
      reader.report.mistake(
          entry.place, here,
          in_quotes(entry.key) + " is no name; use letters, digits and - _ . up to 64 of them");
      continue;
    }
    const bool twice =
        std::any_of(known.begin(), known.end(), [&](const auto& object) { return object.name == entry.key; });
    if (twice) {
      reader.report.mistake(entry.place, here, "this name stands here twice; keep one");
      continue;
    }
    if (known.size() >= most) {
      return reader.report.mistake(entry.place, here,
                                   "there may be " + std::to_string(most) + " of these at most");
    }
    reader.report.remember(here, entry.place);
    Object object;
    object.name = entry.key;
    read_map(reader, entry.value, here, table, object);
    known.push_back(std::move(object));
  }
}

// One object per line, below its name.
template <typename Object>
std::string show_named(const Table<Object>& table, const std::vector<Object>& objects) {
  std::string out;
  for (const auto& object : objects) {
    out += (out.empty() ? "" : ", ") + yaml_text(object.name) + ": " + show_map(table, object);
  }
  return "{" + out + "}";
}

}  // namespace

Field<Settings> listeners_field() {
  Field<Settings> field;
  field.doc = {.name = "listeners",
               .type = "list",
               .why = "addresses that clients connect to",
               .required = true,
               .shape = Doc::Shape::ListOfMaps,
               .children = docs_of(listener_table())};
  field.read = [](Reader& reader, const Value& value, const std::string& path, Settings& settings) {
    if (value.kind != Value::Kind::List) return refuse_kind(reader, value, path, "a list of listeners");
    for (const auto& item : value.items) {
      const std::string here = path + "[" + std::to_string(settings.listeners.size()) + "]";
      if (settings.listeners.size() >= kListeners) {
        return reader.report.mistake(item.place, here,
                                     "there may be " + std::to_string(kListeners) + " listeners at most");
      }
      reader.report.remember(here, item.place);
      Listener listener;
      read_map(reader, item, here, listener_table(), listener);
      if (listener.name.empty()) listener.name = listener.bind.text();
      settings.listeners.push_back(std::move(listener));
    }
  };
  field.show = [](const Settings& settings) {
    std::string out;
    for (const auto& listener : settings.listeners) {
      out += (out.empty() ? "" : ", ") + show_map(listener_table(), listener);
    }
    return "[" + out + "]";
  };
  return field;
}

Field<Settings> pools_field() {
  Field<Settings> field;
  field.doc = {.name = "pools",
               .type = "mapping of names",
               .why = "servers that stand for each other",
               .shape = Doc::Shape::NamedMaps,
               .children = docs_of(pool_table())};
  field.read = [](Reader& reader, const Value& value, const std::string& path, Settings& settings) {
    read_named(reader, value, path, pool_table(), kPools, settings.pools);
  };
  field.show = [](const Settings& settings) { return show_named(pool_table(), settings.pools); };
  return field;
}

Field<Settings> include_field() {
  Field<Settings> field;
  field.doc = {
      .name = "include",
      .type = "list of files",
      .why = "further files that hold pools only, relative to this one; * stands for any part of a file name",
      .schema = R"("type": "array", "items": {"type": "string"})",
      .shape = Doc::Shape::List};
  field.read = [](Reader& reader, const Value& value, const std::string& path, Settings&) {
    if (value.kind != Value::Kind::List) refuse_kind(reader, value, path, "a list of files");
  };
  field.show = [](const Settings&) { return std::string(); };  // its pools are shown with the others
  return field;
}

Field<Pool> servers_field() {
  Field<Pool> field;
  field.doc = {.name = "servers",
               .type = "mapping of names",
               .why = "the servers of the pool, each under its name",
               .required = true,
               .shape = Doc::Shape::NamedMaps,
               .children = docs_of(server_table())};
  field.read = [](Reader& reader, const Value& value, const std::string& path, Pool& pool) {
    read_named(reader, value, path, server_table(), kServersOfPool, pool.servers);
  };
  field.show = [](const Pool& pool) { return show_named(server_table(), pool.servers); };
  return field;
}

Field<Pool> clients_field() {
  Field<Pool> field;
  field.doc = {.name = "clients",
               .type = "list of addresses",
               .why = "the clients that assign: planned spreads, the same on every balancer",
               .schema = R"("type": "array", "items": {"type": "string"})",
               .shape = Doc::Shape::List};
  field.read = [](Reader& reader, const Value& value, const std::string& path, Pool& pool) {
    if (value.kind != Value::Kind::List) return refuse_kind(reader, value, path, "a list of addresses");
    for (const auto& item : value.items) {
      const std::string here = path + "[" + std::to_string(pool.clients.size()) + "]";
      const auto address = IpAddress::parse(item.text);
      if (!address) {
        reader.report.mistake(item.place, here, in_quotes(item.text) + " is not an IP address");
      } else if (std::find(pool.clients.begin(), pool.clients.end(), *address) != pool.clients.end()) {
        reader.report.mistake(item.place, here, item.text + " stands here twice; keep one");
      } else if (pool.clients.size() >= kClients) {
        return reader.report.mistake(item.place, here,
                                     "there may be " + std::to_string(kClients) + " clients at most");
      } else {
        pool.clients.push_back(*address);
      }
    }
  };
  field.show = [](const Pool& pool) {
    std::string out;
    for (const auto& client : pool.clients)
      out += (out.empty() ? "" : ", ") + yaml_text(client.text());
    return out.empty() ? out : "[" + out + "]";
  };
  return field;
}

}  // namespace winrmlb::config
