// The fields of the access log's lines, in their order: the one list that every form of a line is made from.
//
// `Out` has text(), number(), number_if() (left out if zero) and truth(), each given a Key and a value.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "winrmlb/telemetry/access_log.h"

namespace winrmlb::telemetry {

/// A name, with what JSON and structured data write before its value; made by the compiler, since a line has
/// some thirty of them.
struct Key {
  std::string_view name;
  std::string_view json;       // ,"name":
  std::string_view parameter;  // ' name="'
};

template <std::size_t N>
struct Name {
  char text[N]{};
  consteval Name(const char (&name)[N]) { std::copy_n(name, N, text); }
};

template <Name kName>
struct KeyOf {
  static constexpr std::size_t kLength = sizeof kName.text - 1;
  static constexpr auto kJson = [] {
    std::array<char, kLength + 4> text{};
    text[0] = ',';
    text[1] = '"';
    std::copy_n(kName.text, kLength, text.begin() + 2);
    text[kLength + 2] = '"';
    text[kLength + 3] = ':';
    return text;
  }();
  static constexpr auto kParameter = [] {
    std::array<char, kLength + 3> text{};
    text[0] = ' ';
    std::copy_n(kName.text, kLength, text.begin() + 1);
    text[kLength + 1] = '=';
    text[kLength + 2] = '"';
    return text;
  }();
  static constexpr Key kKey{
      {kName.text, kLength}, {kJson.data(), kJson.size()}, {kParameter.data(), kParameter.size()}};
};

template <Name kName>
inline constexpr const Key& kKey = KeyOf<kName>::kKey;

template <typename Out>
void visit_who(Out& out, const AccessFacts& facts) {
  out.text(kKey<"listener">, facts.listener);
  out.text(kKey<"pool">, facts.pool);
  out.text(kKey<"client">, facts.client);
  out.text(kKey<"server">, facts.server);
  out.text(kKey<"user">, facts.user);
  out.text(kKey<"scheme">, facts.scheme);
}

template <typename Out>
void visit_how(Out& out, const AccessFacts& facts) {
  out.number(kKey<"request_bytes">, facts.request_bytes);
  out.number(kKey<"response_bytes">, facts.response_bytes);
  out.truth(kKey<"sealed">, facts.sealed);
  out.truth(kKey<"bound">, facts.bound);
}

template <typename Out>
void visit(Out& out, const PhaseTimes& phases) {
  out.number(kKey<"read_us">, phases.read_us);
  out.number(kKey<"choose_us">, phases.choose_us);
  out.number(kKey<"connect_us">, phases.connect_us);
  out.number(kKey<"tls_us">, phases.tls_us);
  out.number(kKey<"send_us">, phases.send_us);
  out.number(kKey<"wait_us">, phases.wait_us);
  out.number(kKey<"reply_us">, phases.reply_us);
  out.number(kKey<"total_us">, phases.total_us);
}

template <typename Out>
void visit(Out& out, const AccessRecord& record) {
  out.number(kKey<"exchange">, record.exchange);
  visit_who(out, record.facts);
  out.text(kKey<"reason">, record.reason);
  out.text(kKey<"method">, record.method);
  out.text(kKey<"path">, record.path);
  out.number_if(kKey<"status">, record.status);
  out.truth(kKey<"own_reply">, record.own_reply);
  out.text(kKey<"error">, record.error);
  out.text(kKey<"error_side">, record.error_side);
  visit(out, record.phases);
  visit_how(out, record.facts);
  out.text(kKey<"action">, record.action);
  out.text(kKey<"shell">, record.shell);
  out.number_if(kKey<"operation_timeout_ms">, record.operation_timeout_ms);
  out.number_if(kKey<"fault">, record.fault);
  out.number_if(kKey<"sent_again">, record.sent_again);
}

template <typename Out>
void visit(Out& out, const SessionRecord& record) {
  visit_who(out, record.facts);
  out.number(kKey<"exchanges">, record.exchanges);
  out.number(kKey<"shells">, record.shells);
  out.number(kKey<"commands">, record.commands);
  out.number(kKey<"longest_us">, record.longest_us);
  out.number(kKey<"total_us">, record.total_us);
  out.text(kKey<"end">, record.end);
  out.text(kKey<"ended_by">, record.ended_by);
  visit_how(out, record.facts);
}

}  // namespace winrmlb::telemetry
