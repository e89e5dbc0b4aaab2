#include "yaml.h"

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

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    add(Value{Value::Kind::Null, place(mark), {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report_.mistake(place(mark), "", "aliases are not supported; write the value out");
    OnNull(mark, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& text) override {
    add(Value{Value::Kind::Scalar, place(mark), text, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(Value{Value::Kind::List, place(mark), {}, {}, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
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
      frame.entry.value = std::move(value);
      frame.value.entries.push_back(std::move(frame.entry));
    }
  }

  std::size_t file_;
  Report& report_;
  std::vector<Frame> open_;
  Value root_;
  std::size_t values_ = 0;
};

}  // namespace

Value parse_yaml(std::string_view text, std::size_t file, Report& report) {
  if (text.find('\0') != std::string_view::npos) {
    report.mistake({file, 0, 0}, "", "this is not text: it holds a NUL byte");
    return {};
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(file, report);
    parser.HandleNextDocument(builder);
    Value root = builder.take();
    Builder second(file, report);
    if (parser && parser.HandleNextDocument(second)) {
      report.mistake({file, 0, 0}, "", "there is more than one document in the file; a configuration is one");
    }
    return report.any_mistake() ? Value{} : root;
  } catch (const Refused& refused) {
    report.mistake(refused.place, "", refused.text);
  } catch (const YAML::Exception& wrong) {
    report.mistake({file, wrong.mark.line + 1, wrong.mark.column + 1}, "", "this is not YAML: " + wrong.msg);
  }
  return {};
}

}  // namespace winrmlb::config
