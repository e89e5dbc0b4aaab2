#include "winrmlb/admin/shapes.h"

namespace winrmlb::admin {

namespace {

using Type = Member::Type;
using Need = Member::Need;
using Many = Member::Many;

Member always(std::string_view name, Type type, std::string_view help) { return {name, type, help}; }
Member sometimes(std::string_view name, Type type, std::string_view help) {
  return {name, type, help, Need::Sometimes};
}
Member part(std::string_view name, std::string_view shape, std::string_view help, Need need = Need::Always) {
  return {name, Type::Object, help, need, Many::One, shape};
}
Member list(std::string_view name, std::string_view shape, std::string_view help, Need need = Need::Always) {
  return {name, Type::Object, help, need, Many::List, shape};
}
Member numbers(std::string_view name, std::string_view help, Many many = Many::List) {
  return {name, Type::Integer, help, Need::Always, many};
}

std::vector<Shape> process_shapes() {
  return {
      {"Problem",
       {always("type", Type::Text, "about:blank (RFC 9457)"),
        always("title", Type::Text, "what the status means"), always("status", Type::Integer, "of HTTP"),
        always("detail", Type::Text, "what is wrong, for people")}},
      {"Operations", {list("operations", "Operation", "all of them")}},
      {"Operation",
       {always("name", Type::Text, "unique"), always("method", Type::Text, "of HTTP"),
        always("path", Type::Text, "with parameters in braces"),
        always("access", Type::Text, "free, read or change"), always("help", Type::Text, "a sentence")}},
      {"Version",
       {always("version", Type::Text, "of the program"), always("api", Type::Integer, "of this document")}},
      {"Reload",
       {always("succeeded", Type::Boolean, "else the old configuration goes on"),
        always("at", Type::Time, "when"), sometimes("error", Type::Text, "why it failed")}},
      {"Configuration",
       {always("file", Type::Text, "where it stands"),
        always("revision", Type::Integer, "grows with each reload"),
        always("reloads", Type::Integer, "that succeeded"),
        always("reloads_failed", Type::Integer, "that did not"),
        part("last_reload", "Reload", "if there was one", Need::Sometimes)}},
      {"LogLevel", {always("level", Type::Text, "trace, debug, info, warn or error")}},
      {"Totals",
       {always("requests", Type::Integer, "exchanges since the start"),
        always("polls", Type::Integer, "of them, waits for output that could be read as such"),
        always("faults", Type::Integer,
               "of servers, as far as they can be read; a poll that found nothing is none"),
        always("errors", Type::Integer, "exchanges that ended otherwise than by the server's answer"),
        always("request_bytes", Type::Integer, "sent to servers"),
        always("response_bytes", Type::Integer, "sent to clients"),
        always("own_replies", Type::Integer, "answers of the balancer itself"),
        always("connects", Type::Integer, "to servers"),
        always("connect_failures", Type::Integer, "to servers")}},
      {"Status",
       {always("version", Type::Text, "of the program"), always("at", Type::Time, "now"),
        always("started", Type::Time, "when the process did"),
        always("uptime_seconds", Type::Integer, "since then"),
        always("config_file", Type::Text, "the configuration"), always("revision", Type::Integer, "of it"),
        always("draining", Type::Boolean, "the process is stopping"),
        always("workers", Type::Integer, "threads"), always("sessions", Type::Integer, "open ones"),
        always("sessions_at_most", Type::Integer, "the limit"),
        always("sessions_total", Type::Integer, "accepted since the start"),
        part("totals", "Totals", "sums since the start"),
        part("last_reload", "Reload", "if there was one", Need::Sometimes),
        list("listeners", "Listener", "where clients come in"), list("pools", "Pool", "and their servers")}},
  };
}

std::vector<Shape> farm_shapes() {
  return {
      {"Certificate",
       {always("file", Type::Text, "where it stands"), always("names", Type::Text, "of whom it speaks"),
        always("sha256", Type::Text, "fingerprint"), always("ends", Type::Time, "when it ends"),
        always("days_left", Type::Integer, "-1: it has ended"),
        sometimes("listener", Type::Text, "that shows it")}},
      {"ServerCertificate",
       {always("pool", Type::Text, "of the server"),
        always("server", Type::Text, "that showed it at a check"), always("ends", Type::Time, "when it ends"),
        always("days_left", Type::Integer, "-1: it has ended"),
        sometimes("sha256", Type::Text, "fingerprint")}},
      {"Certificates",
       {list("listeners", "Certificate", "those that clients see"),
        list("servers", "ServerCertificate", "those of servers")}},
      {"Listener",
       {always("name", Type::Text, "of the listener"), always("bind", Type::Text, "address and port"),
        always("tls", Type::Boolean, "whether clients speak TLS"),
        always("pool", Type::Text, "where it leads"),
        always("passthrough", Type::Boolean, "TLS is only relayed"),
        always("visibility", Type::Text,
               "what can be seen of the traffic: connection, header (messages of sealed logins cannot be "
               "read) or "
               "body"),
        Member{"seen", Type::Text, "how far down exchanges have been seen: connection, header, body",
               Need::Always, Many::List},
        sometimes("channel_binding", Type::Texts,
                  "by server, whether logins bound to the TLS channel pass: unknown, holds or does_not_hold"),
        list("certificates", "Certificate", "that clients see", Need::Sometimes)}},
      {"Listeners", {list("listeners", "Listener", "where clients come in")}},
      {"Check",
       {always("name", Type::Text, "kind of check and port"),
        always("state", Type::Text, "what it makes of the server"),
        always("result", Type::Text, "of the last one"), sometimes("detail", Type::Text, "of the same"),
        sometimes("at_seconds", Type::Integer, "ago"),
        sometimes("took_ms", Type::Integer, "how long it took"),
        always("passes", Type::Integer, "since the start"),
        always("failures", Type::Integer, "since the start")}},
      {"ServerDrain",
       {always("empty", Type::Boolean, "nothing is left"),
        always("draining_seconds", Type::Integer, "since when"),
        sometimes("deadline_in_seconds", Type::Integer, "what is left then is ended"),
        always("sessions_cut", Type::Integer, "at the deadline"),
        always("shells_cut", Type::Integer, "at the deadline"),
        always("addresses", Type::Integer, "that hold on to it")}},
      {"Server",
       {always("name", Type::Text, "of the server"),
        always("pool", Type::Text, "it is in"),
        always("host", Type::Text, "as configured"),
        always("state", Type::Text, "of health: checking, up, suspect or down"),
        always("mode", Type::Text, "by the operator's word: ready, drain or maintenance"),
        always("weight", Type::Integer, "in force"),
        always("configured_weight", Type::Integer, "of the configuration"),
        always("priority", Type::Integer, "lower ones first"),
        always("clients", Type::Integer, "addresses that are there"),
        always("sessions", Type::Integer, "connected"),
        always("shells", Type::Integer, "known to live there"),
        always("requests", Type::Integer, "exchanges since the start"),
        always("faults", Type::Integer, "of them; a poll that found nothing is none"),
        sometimes("full_seconds", Type::Integer, "by its own quota, so long yet"),
        sometimes("since_seconds", Type::Integer, "in this state"),
        sometimes("why", Type::Text, "it is in it"),
        sometimes("downs", Type::Integer, "how often it went down"),
        sometimes("restarts", Type::Integer, "how often it lost its shells"),
        sometimes("certificate_days_left", Type::Integer, "as of its last check"),
        list("checks", "Check", "of each kind", Need::Sometimes),
        sometimes("last_check_seconds", Type::Integer, "ago"),
        sometimes("last_check_ms", Type::Integer, "it took"),
        part("drain", "ServerDrain", "while it is drained", Need::Sometimes)}},
      {"Pool",
       {always("name", Type::Text, "of the pool"), always("assign", Type::Text, "balanced, hash or planned"),
        always("clients", Type::Integer, "addresses with a place"), always("shells", Type::Integer, "known"),
        Member{"seen", Type::Text, "how far down exchanges have been seen: connection, header, body",
               Need::Always, Many::List},
        list("servers", "Server", "in the order of the configuration")}},
      {"Pools", {list("pools", "Pool", "in the order of the configuration")}},
      {"Holder",
       {always("client", Type::Text, "address"), always("sessions", Type::Integer, "there"),
        always("shells", Type::Integer, "there"), always("since_seconds", Type::Integer, "it came"),
        always("quiet_in_seconds", Type::Integer, "until its sealed traffic no longer counts")}},
      {"Drain",
       {always("pool", Type::Text, "of the server"), always("server", Type::Text, "that is drained"),
        always("mode", Type::Text, "ready, drain or maintenance"),
        always("empty", Type::Boolean, "nothing is left"), always("sessions", Type::Integer, "there"),
        always("shells", Type::Integer, "there"), always("draining_seconds", Type::Integer, "since when"),
        sometimes("deadline_in_seconds", Type::Integer, "what is left then is ended"),
        always("sessions_cut", Type::Integer, "at the deadline"),
        always("shells_cut", Type::Integer, "at the deadline"),
        always("addresses", Type::Integer, "that hold on to it"),
        list("holders", "Holder", "those that hold most, a hundred at most")}},
      {"Placement", {always("client", Type::Text, "address"), always("server", Type::Text, "where it goes")}},
      {"Failure",
       {always("server", Type::Text, "that is out"), always("served", Type::Boolean, "another one is left"),
        list("moves", "Placement", "what changes")}},
      {"Plan",
       {always("pool", Type::Text, "of the plan"), always("clients", Type::Integer, "listed"),
        list("plan", "Placement", "now"), list("failures", "Failure", "each single one")}},
  };
}

std::vector<Shape> client_shapes() {
  return {
      {"Client",
       {always("client", Type::Text, "address"), always("pool", Type::Text, "of the entry"),
        always("server", Type::Text, "where it is"), always("sessions", Type::Integer, "there"),
        always("shells", Type::Integer, "there"),
        always("sessions_elsewhere", Type::Integer, "at other servers"),
        always("shells_elsewhere", Type::Integer, "at other servers"),
        always("since_seconds", Type::Integer, "it is there"),
        always("last_used_seconds", Type::Integer, "ago"),
        always("holds", Type::Boolean, "something lives there, so that it stays"),
        sometimes("home", Type::Text, "where it was before a failover, and returns to"),
        sometimes("pinned_to", Type::Text, "by an operator's word")}},
      {"Clients",
       {always("pool", Type::Text, "of the entries"), always("total", Type::Integer, "on all pages"),
        list("clients", "Client", "of this page, by address"),
        sometimes("next", Type::Text, "`after` of the next page")}},
      {"Forgotten",
       {always("pool", Type::Text, "of the entry"), always("client", Type::Text, "address"),
        always("forgotten", Type::Boolean, "always")}},
      {"Explanation",
       {always("client", Type::Text, "address"), always("pool", Type::Text, "where it comes"),
        sometimes("route", Type::Text, "that leads there"),
        always("reason", Type::Text,
               "bound, pinned, affinity, assigned, failover, failback, hunted or unavailable"),
        sometimes("server", Type::Text, "where it goes"),
        always("hunts", Type::Boolean, "its shell is not known here, and is looked for from there on"),
        always("text", Type::Text, "the same for people")}},
      {"Session",
       {always("session", Type::Text, "id, as in the log"), always("client", Type::Text, "address and port"),
        always("listener", Type::Text, "it came by"), always("pool", Type::Text, "it goes to"),
        sometimes("server", Type::Text, "it is connected to"),
        sometimes("user", Type::Text, "as its login shows"), sometimes("login", Type::Text, "scheme"),
        always("open_seconds", Type::Integer, "since it came"), always("exchanges", Type::Integer, "begun"),
        always("request_bytes", Type::Integer, "sent to servers"),
        always("response_bytes", Type::Integer, "sent to the client"),
        always("bound", Type::Boolean, "its login lives on its server connection"),
        always("sealed", Type::Boolean, "its messages cannot be read"),
        always("idle", Type::Boolean, "between exchanges")}},
      {"Sessions",
       {always("total", Type::Integer, "on all pages"), list("sessions", "Session", "of this page, by id"),
        sometimes("next", Type::Text, "`after` of the next page")}},
      {"Kicked", {always("kicked", Type::Integer, "sessions that end")}},
      {"Shell",
       {always("shell", Type::Text, "id"), always("pool", Type::Text, "of the server"),
        always("server", Type::Text, "where it lives"),
        always("client", Type::Text, "address that used it last"),
        sometimes("user", Type::Text, "whose it is"), sometimes("resource", Type::Text, "kind of shell"),
        always("since_seconds", Type::Integer, "it is known"),
        always("idle_seconds", Type::Integer, "since its last use"),
        always("idle_limit_seconds", Type::Integer, "after which its server ends it")}},
      {"Shells",
       {always("total", Type::Integer, "on all pages"), list("shells", "Shell", "of this page, by id"),
        sometimes("next", Type::Text, "`after` of the next page")}},
      {"ServerHistory",
       {always("pool", Type::Text, "of the server"), always("server", Type::Text, "name"),
        numbers("requests", "in each interval", Many::ListWithGaps),
        numbers("faults", "in each interval", Many::ListWithGaps),
        numbers("sessions", "at the end of each interval", Many::ListWithGaps),
        numbers("shells", "the same", Many::ListWithGaps),
        numbers("clients", "the same", Many::ListWithGaps)}},
      {"Change",
       {always("at", Type::Time, "when it was seen"), always("pool", Type::Text, "of the server"),
        always("server", Type::Text, "name"), always("from", Type::Text, "state or mode"),
        always("to", Type::Text, "the new one"), always("why", Type::Text, "for people")}},
      {"History",
       {always("interval_seconds", Type::Integer, "of each number"),
        always("intervals", Type::Integer, "how many there are, 360 at most"),
        sometimes("at", Type::Time, "the end of the last one"),
        numbers("requests", "in each interval, oldest first"), numbers("polls", "of them, waits for output"),
        numbers("faults", "in each interval"), numbers("errors", "in each interval"),
        numbers("sessions", "at the end of each interval"), numbers("shells", "at the end of each interval"),
        list("servers", "ServerHistory", "each server's"),
        list("changes", "Change", "the last 200, oldest first")}},
  };
}

}  // namespace

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = [] {
    auto of_process = process_shapes();
    for (auto&& more : {farm_shapes(), client_shapes()})
      of_process.insert(of_process.end(), more.begin(), more.end());
    return of_process;
  }();
  return all;
}

}  // namespace winrmlb::admin
