#include "yaml.h"

#include <array>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "limits.h"

namespace winrmlb::config {

namespace {

// Thrown out of the parser when reading on would cost more than a configuration is worth.
struct Refused {
  Place place;
  std::string text;
};

// Builds the tree from the parser's events.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::size_t file, Report& report) : file_(file), report_(report) {}

  Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Refused{place(mark), "there is more than one document in the file; a configuration is one"};
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    add(Value{Value::Kind::Null, place(mark), {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report_.mistake(place(mark), "", "aliases are not supported; write the value out");
    OnNull(mark, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    refuse_tag(mark, tag);
    add(Value{Value::Kind::Scalar, place(mark), text, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(Value{Value::Kind::List, place(mark), {}, {}, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(Value{Value::Kind::Map, place(mark), {}, {}, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Value value;
    bool has_key = false;
    Entry entry;  // its key is there, its value comes next
  };

  Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  // "?" and "!" are what plain and quoted text have without a tag.
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    report_.mistake(place(mark), "", "the tag " + in_quotes(tag) + " has no meaning here; remove it");
  }

  void open(Value value) {
    if (open_.size() >= kDepth) {
      throw Refused{value.place,
                    "lists and mappings may be nested " + std::to_string(kDepth) + " deep at most"};
    }
    count(value.place);
    open_.push_back({std::move(value), false, {}});
  }

  void close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    add(std::move(value));
  }

  void count(const Place& place) {
    if (++values_ > kValues)
      throw Refused{place, "a file may hold " + std::to_string(kValues) + " values at most"};
  }

  void add(Value value) {
    if (value.kind == Value::Kind::Null || value.kind == Value::Kind::Scalar) count(value.place);
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = open_.back();
    if (frame.value.kind == Value::Kind::List) {
      frame.value.items.push_back(std::move(value));
    } else if (!std::exchange(frame.has_key, !frame.has_key)) {
      if (value.kind != Value::Kind::Scalar) report_.mistake(value.place, "", "a key must be a plain word");
      frame.entry = {value.text, value.place, {}};
    } else {
      // The parser places a value that is not there at whatever comes next; its key is where one looks.
      if (value.kind == Value::Kind::Null) value.place = frame.entry.place;
      frame.entry.value = std::move(value);
      frame.value.entries.push_back(std::move(frame.entry));
    }
  }

  std::size_t file_;
  Report& report_;
  std::vector<Frame> open_;
  Value root_;
  std::size_t values_ = 0;
  int documents_ = 0;
};

// Length of the UTF-8 sequence at the start of `text` (RFC 3629: no overlong forms, no surrogates); 0: it is
// none.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  std::uint32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte & 0x3f);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= kLeast[length] && code <= 0x10ffff && !surrogate ? length : 0;
}

// A configuration is UTF-8 text. What is not is found before the parser sees it, and never reaches a
// terminal.
bool is_text(std::string_view text, std::size_t file, Report& report) {
  Place place{file, 1, 1};
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text.front());
    const bool blank = c == '\t' || c == '\n' || c == '\r';
    if (length == 0 || (c < 0x20 && !blank) || c == 0x7f) {
      report.mistake(place, "",
                     length == 0 ? "this byte is not UTF-8; save the file as UTF-8"
                                 : "this is not text: it holds a control character");
      return false;
    }
    place = c == '\n' ? Place{file, place.line + 1, 1}
                      : Place{file, place.line, place.column + static_cast<int>(length)};
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

Value parse_yaml(std::string_view text, std::size_t file, Report& report) {
  if (!is_text(text, file, report)) return {};
  const auto before = report.mistakes();
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(file, report);
    while (parser.HandleNextDocument(builder)) {
    }
    // Mistakes of other files do not make this one unreadable.
    if (report.mistakes() == before) return builder.take();
  } catch (const Refused& refused) {
    report.mistake(refused.place, "", refused.text);
  } catch (const YAML::Exception& wrong) {
    report.mistake({file, wrong.mark.line + 1, wrong.mark.column + 1}, "", "this is not YAML: " + wrong.msg);
  }
  return {};
}

}  // namespace winrmlb::config
