// The facts of an envelope as a real XML library reads it: a second, independent reading to hold the scanner
// against.
#pragma once

#include <optional>
#include <string>

#include "winrmlb/winrm/envelope.h"

namespace winrmlb::winrm::test {

struct Reading {
  EnvelopeFacts facts;
  std::string uri;
};
/// Nothing if the text is no well-formed SOAP envelope in UTF-8, as far as pugixml sees, or has an attribute
/// twice in a tag, which pugixml does not mind.
std::optional<Reading> read_by_library(const std::string& text, EnvelopeScanner::Side side);

}  // namespace winrmlb::winrm::test
