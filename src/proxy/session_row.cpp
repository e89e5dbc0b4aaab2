#include "winrmlb/proxy/session_row.h"

#include <algorithm>

#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

bool Session::matches(const SessionFilter& filter) const {
  if (filter.id && *filter.id != id_) return false;
  if (filter.client && *filter.client != client_endpoint_.address) return false;
  if (filter.pool && *filter.pool != pool().id()) return false;
  if (!filter.server) return true;
  return first_link_.server == filter.server ||
         std::any_of(further_links_.begin(), further_links_.end(),
                     [&](const auto& link) { return link->server == filter.server; });
}

SessionRow Session::row() const {
  return {.id = id_,
          .listener = listener().settings.name,
          .pool = pool().name(),
          .client = client_endpoint_,
          .server = std::string(link_->server ? name_of_server(*link_->server) : std::string_view()),
          .user = user_,
          .scheme = scheme_ == winrm::Scheme::None ? std::string() : std::string(name_of(scheme_)),
          .opened = tally_.began,
          .exchanges = tally_.exchanges,
          .request_bytes = tally_.request_bytes,
          .response_bytes = tally_.response_bytes,
          .bound = bound_,
          .sealed = was_sealed_,
          .idle = idle_};
}

}  // namespace winrmlb::proxy
