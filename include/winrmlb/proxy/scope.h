// Scope: what a listener is for: which paths, methods and logins pass, and who the client is when a proxy in
// front speaks HTTP.
//
// Pure. RFC 9110 15.5.5 and 15.5.6 (404, 405), 11.6.1 (challenges); X-Forwarded-For as proxies write it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/balance/admission.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/result.h"
#include "winrmlb/http/head.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::proxy {

/// The path of a request target in origin or absolute form, without its query.
std::string_view path_of(std::string_view target) noexcept;

/// Nothing: the request is what this listener is for.
std::optional<balance::Refusal> out_of_scope(const config::Listener& listener, const http::RequestHead& head);

/// Whether a login by this scheme passes. What is no login, or of a kind that has no name here, does where
/// nothing is allowed by name.
bool passes(const config::Schemes& schemes, winrm::Scheme scheme) noexcept;

/// Complete lines that offer what passes (RFC 9110 11.6.1).
std::string offered_challenges(const config::Schemes& schemes);

/// What an error means beyond its status: fields that the answer must have.
std::string fields_of(ErrorCode code, const config::Listener& listener);

/// Who is behind `connection`, if that is one of `proxies`: the last address of X-Forwarded-For that is none
/// of them. Error: a field that holds something else.
Result<IpAddress> client_behind(const IpAddress& connection, const std::vector<Prefix>& proxies,
                                const http::Fields& fields);

/// The error that a refusal is to a client whose HTTP can be answered.
Error error_of(balance::Refusal refusal);

}  // namespace winrmlb::proxy
