// What winrm-sim was asked to be: the command line as one value, filled by main and read by everything else.
//
// Written once before the server starts, constant afterwards. Defaults are those of a current Windows server
// where it has such a setting (winrm get winrm/config), so that a bare `winrm-sim --user ...` is as strict as
// the real one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/address.h"

namespace winrmlb::sim {

struct User {
  std::string domain;  // may be empty
  std::string name;
  std::string password;
  bool administrator = true;  // others can log in, but not open a shell
};

/// What a login over TLS must say of its channel (CbtHardeningLevel of winrm/config/service).
enum class ChannelBinding : std::uint8_t {
  None,     // nothing is looked at
  Relaxed,  // nothing is fine, but what is said must be true; as Windows is out of the box
  Strict,   // it must be said
};

std::string_view name_of(ChannelBinding level);  // as winrm/config spells it: None, Relaxed, Strict

/// Which Authorization schemes the server offers.
struct Schemes {
  bool basic = true;
  bool negotiate = true;
  bool ntlm = true;      // Windows offers NTLM only inside Negotiate; curl --ntlm asks for it by name
  bool kerberos = true;  // only where a keytab is at hand
};

/// Quotas of one server (winrm/config/winrs and winrm/config/service).
struct Quotas {
  std::size_t shells_per_user = 30;
  std::size_t shell_users = 10;
  std::size_t operations_per_user = 1500;
  std::size_t envelope_bytes = 500 * 1024;
};

struct Timers {
  std::chrono::milliseconds idle_connection{120'000};  // http.sys idle connection and header wait
  std::chrono::milliseconds idle_shell{7'200'000};     // winrs IdleTimeout
  std::chrono::milliseconds operation{60'000};         // MaxTimeoutms: longest wait of one operation
};

struct Options {
  std::string name = "ps1";
  std::optional<Endpoint> http;
  std::optional<Endpoint> https;
  std::optional<Endpoint> control;
  std::string certificate;  // PEM chain for https
  std::string key;
  std::vector<User> users;
  Schemes schemes;
  ChannelBinding channel_binding = ChannelBinding::None;
  bool allow_unencrypted = false;
  Quotas quotas;
  Timers timers;
  std::size_t seen_limit = 20'000;
};

}  // namespace winrmlb::sim
