#include "dashboard.h"

#include "dashboard_file.h"

namespace winrmlb::admin {

namespace {

// Scripts, styles and data from here only, no frames around it, no forms that lead away: text of clients that
// should ever become markup would find nothing that it may do.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const DashboardFile* file_at(std::string_view path) {
  if (path == "/" || path == "/dashboard") return &kDashboardPage;
  if (path == "/dashboard.css") return &kDashboardStyle;
  if (path == "/dashboard.js") return &kDashboardScript;
  return nullptr;
}

}  // namespace

std::optional<ApiAnswer> dashboard(std::string_view method, std::string_view path,
                                   std::string_view if_none_match) {
  const auto* file = file_at(path);
  if (!file) return std::nullopt;
  if (method != "GET") {
    auto refused = problem(405, "this is a page to be read; GET, HEAD can");
    refused.fields.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  const bool is_known = if_none_match.find(file->etag) != std::string_view::npos;
  ApiAnswer answer{.status = is_known ? 304U : 200U,
                   .type = std::string(file->type),
                   .body = is_known ? std::string() : std::string(file->content),
                   .fields = {},
                   .events = nullptr};
  answer.fields = {{"Content-Security-Policy", std::string(kPolicy)},
                   {"Referrer-Policy", "no-referrer"},
                   {"Cross-Origin-Opener-Policy", "same-origin"},
                   {"Cache-Control", "no-cache"},  // kept, but asked for each time: RFC 9111 5.2.2.4
                   {"ETag", std::string(file->etag)}};
  return answer;
}

}  // namespace winrmlb::admin
