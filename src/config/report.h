// Collects mistakes and warnings with their places, and gives them back in the order of the files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "winrmlb/config/load.h"

namespace winrmlb::config {

/// Where something stands. Lines and columns count from 1, columns in bytes.
struct Place {
  std::size_t file = 0;  // number given by Report::add_file
  int line = 0;          // 0: the file as a whole
  int column = 0;
};

class Report {
 public:
  /// Keeps the text, to show lines of it.
  std::size_t add_file(std::string name, std::string text);
  std::size_t files() const noexcept { return files_.size(); }
  const std::string& text_of(std::size_t file) const { return files_[file].text; }

  void mistake(const Place& place, const std::string& key, std::string text);
  void warn(const Place& place, const std::string& key, std::string text);

  /// Remembers where the value of `key` stands, for checks that come later.
  void remember(const std::string& key, const Place& place) { places_[key] = place; }
  /// The place of `key`, or of the nearest key around it that stands in a file.
  Place place_of(std::string_view key) const;
  bool stands(const std::string& key) const { return places_.count(key) != 0; }
  /// A value with a mistake of its own: later checks do not build upon it.
  bool is_wrong(const std::string& key) const { return wrong_.count(key) != 0; }
  void mark_wrong(const std::string& key) { wrong_.insert(key); }
  bool any_mistake() const noexcept { return mistakes_ != 0; }
  std::size_t mistakes() const noexcept { return mistakes_; }

  /// Mistakes and warnings in the order of the files, each once.
  void finish(Loaded& loaded);

 private:
  struct File {
    std::string name;
    std::string text;
    std::vector<std::size_t> line_starts;
  };
  struct Note {
    Place place;
    Mistake said;
  };
  void add(std::vector<Note>& notes, const Place& place, const std::string& key, std::string text,
           Mistake::Severity severity);
  std::vector<Mistake> sorted(std::vector<Note>& notes, std::size_t total) const;

  std::vector<File> files_;
  std::vector<Note> mistake_notes_;
  std::vector<Note> warning_notes_;
  std::size_t mistakes_ = 0;
  std::size_t warnings_ = 0;
  std::unordered_map<std::string, Place> places_;
  std::unordered_set<std::string> wrong_;
};

/// `text` in single quotes for a message: cut to 60 bytes, with what cannot be shown as '?'.
std::string in_quotes(std::string_view text);
/// `text` with what cannot be shown as '?'. YAML can write control characters as escapes.
std::string shown(std::string_view text);

}  // namespace winrmlb::config
