#include "repeats.h"

#include <algorithm>

namespace winrmlb::telemetry {

namespace {

bool is_same(const Repeats::Line& line, Level level, std::string_view event_text,
             std::span<const LogField> fields) {
  return line.level == level && line.event_text == event_text &&
         std::equal(line.fields.begin(), line.fields.end(), fields.begin(), fields.end());
}

}  // namespace

std::vector<Repeats::Line> Repeats::due(WallTime now) {
  std::vector<Line> due;
  // A clock that was set back ends every window.
  const auto is_over = [&](const Line& line) { return now < line.first || now - line.first >= window_; };
  for (auto& line : lines_) {
    if (is_over(line) && line.times > 0) due.push_back(line);
  }
  std::erase_if(lines_, is_over);
  return due;
}

std::vector<Repeats::Line> Repeats::rest() {
  std::vector<Line> rest;
  for (auto& line : lines_) {
    if (line.times > 0) rest.push_back(std::move(line));
  }
  lines_.clear();
  return rest;
}

bool Repeats::pass(WallTime now, Level level, std::string_view event_text, std::span<const LogField> fields) {
  if (window_ == Duration::zero()) return true;
  for (auto& line : lines_) {
    if (!is_same(line, level, event_text, fields)) continue;
    ++line.times;
    return false;
  }
  if (lines_.size() == kMost) {
    const auto quiet =
        std::find_if(lines_.begin(), lines_.end(), [](const Line& line) { return line.times == 0; });
    if (quiet == lines_.end()) return true;
    lines_.erase(quiet);
  }
  lines_.push_back({level, std::string(event_text), {fields.begin(), fields.end()}, now});
  return true;
}

}  // namespace winrmlb::telemetry
