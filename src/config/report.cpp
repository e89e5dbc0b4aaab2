#include "report.h"

#include <algorithm>
#include <utility>

#include "limits.h"

namespace winrmlb::config {

namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

int characters(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

}  // namespace

std::size_t Report::add_file(std::string name, std::string text) {
  File file{std::move(name), std::move(text), {0}};
  for (std::size_t i = 0; i < file.text.size(); ++i) {
    if (file.text[i] == '\n') file.line_starts.push_back(i + 1);
  }
  files_.push_back(std::move(file));
  return files_.size() - 1;
}

void Report::mistake(const Place& place, const std::string& key, std::string text) {
  ++mistakes_;
  wrong_.insert(key);
  add(mistake_notes_, place, key, std::move(text), Mistake::Severity::Mistake);
}

void Report::warn(const Place& place, const std::string& key, std::string text) {
  ++warnings_;
  add(warning_notes_, place, key, std::move(text), Mistake::Severity::Warning);
}

void Report::add(std::vector<Note>& notes, const Place& place, const std::string& key, std::string text,
                 Mistake::Severity severity) {
  if (notes.size() >= kMistakes) return;
  Note note{place, {}};
  note.said.key = key;
  note.said.text = std::move(text);
  note.said.severity = severity;
  note.said.line = place.line;
  note.said.column = place.column;
  if (place.file < files_.size()) {
    const auto& file = files_[place.file];
    note.said.file = file.name;
    if (place.line > 0 && static_cast<std::size_t>(place.line) <= file.line_starts.size()) {
      const auto start = file.line_starts[static_cast<std::size_t>(place.line) - 1];
      const auto end = file.text.find_first_of("\r\n", start);
      note.said.source_line = file.text.substr(start, end == std::string::npos ? end : end - start);
      const auto before = static_cast<std::size_t>(std::max(place.column - 1, 0));
      note.said.column = 1 + characters(std::string_view(note.said.source_line).substr(0, before));
    }
  }
  notes.push_back(std::move(note));
}

Place Report::place_of(std::string_view key) const {
  while (!key.empty()) {
    if (const auto found = places_.find(std::string(key)); found != places_.end()) return found->second;
    const auto cut = key.find_last_of(".[");
    if (cut == std::string_view::npos) break;
    key = key.substr(0, cut);
  }
  return {};
}

std::string render(const Mistake& mistake) {
  // Of a long line, what stands around the mistake.
  constexpr std::size_t kBefore = 60;
  constexpr std::size_t kMost = 120;
  std::string out = mistake.file;
  if (mistake.line > 0) out += ":" + std::to_string(mistake.line) + ":" + std::to_string(mistake.column);
  out += ": " + (mistake.key.empty() ? "" : shown(mistake.key) + ": ") + shown(mistake.text) + "\n";
  if (mistake.line == 0) return out;

  const std::string_view line = mistake.source_line;
  std::vector<std::size_t> starts;  // of the characters
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!continues_character(line[i])) starts.push_back(i);
  }
  const auto at = std::min(static_cast<std::size_t>(std::max(mistake.column - 1, 0)), starts.size());
  const auto from = starts.size() > kMost && at > kBefore ? at - kBefore : 0;
  const auto end = std::min(starts.size(), from + kMost);
  const auto byte_of = [&](std::size_t i) { return i < starts.size() ? starts[i] : line.size(); };
  out += "  ";
  for (const char c : line.substr(byte_of(from), byte_of(end) - byte_of(from)))
    out += c == '\t' ? "\t" : shown({&c, 1});
  out += "\n  ";
  // Tabs stay tabs, so that the caret stands below its character.
  for (std::size_t i = from; i < at; ++i)
    out += line[starts[i]] == '\t' ? '\t' : ' ';
  return out + "^\n";
}

std::vector<Mistake> Report::sorted(std::vector<Note>& notes, std::size_t total) const {
  std::stable_sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) <
           std::tie(b.place.file, b.place.line, b.place.column);
  });
  std::vector<Mistake> said;
  for (auto& note : notes) {
    if (said.empty() || !(said.back() == note.said)) said.push_back(std::move(note.said));
  }
  if (total > notes.size()) {
    Mistake rest;
    rest.file = files_.empty() ? "" : files_.front().name;
    rest.text = "and " + std::to_string(total - notes.size()) + " more";
    rest.severity = said.front().severity;
    said.push_back(std::move(rest));
  }
  return said;
}

void Report::finish(Loaded& loaded) {
  if (mistakes_ > 0) loaded.mistakes = sorted(mistake_notes_, mistakes_);
  if (warnings_ > 0) loaded.warnings = sorted(warning_notes_, warnings_);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::size_t end = std::min(text.size(), kMost);
  while (end > 0 && end < text.size() && continues_character(text[end]))
    --end;
  return "'" + shown(text.substr(0, end)) + (end < text.size() ? "…'" : "'");
}

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

}  // namespace winrmlb::config
