// What the makers of admin's JSON share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "winrmlb/core/time.h"

namespace winrmlb::admin {

inline boost::json::string text(std::string_view value) {
  return boost::json::string(value.data(), value.size());
}

std::string utc(WallTime time);  // "2026-01-31T12:00:00Z"

inline std::int64_t seconds_between(TimePoint from, TimePoint to) {
  return std::chrono::duration_cast<seconds>(to - from).count();
}

}  // namespace winrmlb::admin
