// The keys of a listener, and of the routes.
#include "collections.h"
#include "limits.h"
#include "list_fields.h"
#include "path_fields.h"
#include "table.h"
#include "text_checks.h"

namespace winrmlb::config {

namespace {

const std::vector<std::pair<std::string, LoginScheme>>& scheme_words() {
  static const std::vector<std::pair<std::string, LoginScheme>> words = {
      {"basic", LoginScheme::Basic},         {"ntlm", LoginScheme::Ntlm},
      {"negotiate", LoginScheme::Negotiate}, {"kerberos", LoginScheme::Kerberos},
      {"credssp", LoginScheme::CredSsp},     {"certificate", LoginScheme::Certificate}};
  return words;
}

const Table<CertificateFiles>& certificate_files_table() {
  static const Table<CertificateFiles> table = {
      required(readable_file("certificate", &CertificateFiles::certificate, "PEM chain, leaf first")),
      required(private_key("key", &CertificateFiles::key, "PEM private key of the certificate")),
  };
  return table;
}

const Table<ListenerTls>& listener_tls_table() {
  static const Table<ListenerTls> table = {
      choice<ListenerTls, TlsMode>(
          "mode", &ListenerTls::mode,
          {{"terminate", TlsMode::Terminate}, {"passthrough", TlsMode::Passthrough}},
          "terminate: decrypted here, encrypted again to the servers' tls_port; passthrough: relayed as it "
          "comes, so that client certificates, CredSSP and channel binding hold end to end"),
      readable_file("certificate", &ListenerTls::certificate,
                    "PEM chain that clients see, leaf first; not with passthrough"),
      private_key("key", &ListenerTls::key, "PEM private key of the certificate"),
      objects("certificates", &ListenerTls::certificates, certificate_files_table(),
              "list of certificates and keys", kCertificates,
              "more of them: for other names, chosen by SNI, or with another kind of key"),
      readable_file("client_ca", &ListenerTls::client_ca,
                    "PEM certificates that clients' certificates are verified with; none: clients show none"),
      readable_file("crl", &ListenerTls::crl, "PEM list of client certificates that were revoked"),
      choice<ListenerTls, ClientCertificate>(
          "client_certificate", &ListenerTls::client_certificate,
          {{"require", ClientCertificate::Require}, {"request", ClientCertificate::Request}},
          "with a client_ca: whether a client without a certificate is refused"),
      choice<ListenerTls, TlsVersion>("min_version", &ListenerTls::min_version,
                                      {{"1.2", TlsVersion::Tls12}, {"1.3", TlsVersion::Tls13}},
                                      "oldest TLS version that clients may speak"),
  };
  return table;
}

Field<Listener> listener_tls() {
  Field<Listener> field;
  field.doc = {.name = "tls",
               .type = "section",
               .why = "makes it a TLS listener",
               .never_empty = true,
               .shape = Doc::Shape::Map};
  for (const auto& child : listener_tls_table())
    field.doc.children.push_back(child.doc);
  field.read = [](Reader& reader, const Value& value, const std::string& path, Listener& listener) {
    read_map(reader, value, path, listener_tls_table(), listener.tls.emplace());
  };
  field.show = [](const Listener& listener) {
    return listener.tls ? show_map(listener_tls_table(), *listener.tls) : "";
  };
  return field;
}

const Table<ProxyProtocol>& proxy_protocol_table() {
  static const Table<ProxyProtocol> table = {
      choice<ProxyProtocol, ProxyProtocolMode>(
          "mode", &ProxyProtocol::mode,
          {{"off", ProxyProtocolMode::Off}, {"required", ProxyProtocolMode::Required}},
          "whether every connection must begin with the header, of version 1 or 2"),
      networks("from", &ProxyProtocol::from, "proxies that may say so; connections of others are refused"),
  };
  return table;
}

const Table<ListenerLimits>& listener_limits_table() {
  static const Table<ListenerLimits> table = {
      number("sessions", &ListenerLimits::sessions, 0, 10'000'000, "client connections at once; 0: no limit"),
      number("sessions_per_address", &ListenerLimits::sessions_per_address, 0, 10'000'000,
             "of them, of one address (IPv6: of one /64); 0: no limit"),
      number("new_per_second", &ListenerLimits::new_per_second, 0, 1'000'000,
             "new connections of one address, and as many more at once; 0: no limit"),
      number("logins_per_minute", &ListenerLimits::logins_per_minute, 0, 1'000'000,
             "logins begun by one address; 0: no limit"),
  };
  return table;
}

const Table<Schemes>& schemes_table() {
  static const Table<Schemes> table = {
      words<Schemes, LoginScheme>("allow", &Schemes::allow, scheme_words(), "logins that pass; none: all"),
      words<Schemes, LoginScheme>("deny", &Schemes::deny, scheme_words(),
                                  "logins that are refused with a 401 that offers the others"),
  };
  return table;
}

const Table<Route>& route_table() {
  static const Table<Route> table = {
      text("listener", &Route::listener, "name", check_name_or_bind, "a listener's name"),
      text("sni", &Route::sni, "name", check_name_pattern, "the name that the client's TLS asked for"),
      text("host", &Route::host, "name", check_name_pattern, "the name in the Host field"),
      networks("clients", &Route::clients, "addresses of clients"),
      text("path", &Route::path, "path", check_path, "what the path begins with"),
      text("resource", &Route::resource, "resource URI", check_given,
           "the resource URI of a message that is not sealed, or its last part"),
      text("user", &Route::user, "user", check_given, "the user, where the login shows it"),
      required(text("pool", &Route::pool, "name", check_name, "where such clients go")),
  };
  return table;
}

}  // namespace

const Table<Listener>& listener_table() {
  static const Table<Listener> table = {
      text("name", &Listener::name, "name", check_name, "for logs and status; none: the bind address"),
      required(
          endpoint("bind", &Listener::bind, "address and port to listen on; port 0 lets the system choose")),
      required(text("pool", &Listener::pool, "name", check_name, "the pool that its clients go to")),
      listener_tls(),
      choice<Listener, ForwardedField>(
          "forwarded", &Listener::forwarded,
          {{"none", ForwardedField::None},
           {"x-forwarded-for", ForwardedField::XForwardedFor},
           {"forwarded", ForwardedField::Forwarded}},
          "field that tells servers the client's address; never with a bound login or sealed message"),
      section("proxy_protocol", &Listener::proxy_protocol, proxy_protocol_table(),
              "the header in which a proxy in front says who the client is"),
      networks("client_address_from", &Listener::client_address_from,
               "proxies whose X-Forwarded-For names the client; none: the connection's address counts"),
      networks("allow", &Listener::allow, "clients that may come; none: all"),
      networks("deny", &Listener::deny, "clients that may not, whatever allow says"),
      section("limits", &Listener::limits, listener_limits_table(), "what its clients may take"),
      choice<Listener, Methods>("methods", &Listener::methods,
                                {{"post", Methods::Post}, {"any", Methods::Any}},
                                "WinRM needs POST alone; others get a 405"),
      texts("paths", &Listener::paths, "list of paths", kPaths, check_path,
            "what the path of a request must begin with, else it gets a 404; / takes all"),
      section("schemes", &Listener::schemes, schemes_table(), "which logins pass"),
  };
  return table;
}

Field<Settings> routes_field() {
  return objects(
      "routes", &Settings::routes, route_table(), "list of routes", kRoutes,
      "clients that go to another pool than their listener's; the first whose conditions all hold");
}

}  // namespace winrmlb::config
