// The page for operators, at / and /dashboard: a client of the Api in their browser. Its files lie in
// src/admin/dashboard and are joined into this program when it is built; nothing comes from elsewhere.
//
// It says nothing of the farm by itself, so that whoever reaches the port may have it: what it shows, it asks
// the Api for, with the operator's token where that takes one.
#pragma once

#include <optional>
#include <string_view>

#include "winrmlb/admin/api.h"

namespace winrmlb::admin {

/// Nothing for paths that are not the page's. HEAD is GET here, as everywhere in the Api.
std::optional<ApiAnswer> dashboard(std::string_view method, std::string_view path,
                                   std::string_view if_none_match);

}  // namespace winrmlb::admin
