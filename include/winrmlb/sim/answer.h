// An HTTP answer in the shape of a Windows server: empty reason phrase, Server, Date, Content-Length.
//
// Pure but for the date. One per exchange, made and written by the connection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/sim/trouble.h"

namespace winrmlb::sim {

inline constexpr std::string_view kSoapUtf8 = "application/soap+xml;charset=UTF-8";
inline constexpr std::string_view kSoapUtf16 = "application/soap+xml;charset=UTF-16";

struct Answer {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::string> authenticate;  // WWW-Authenticate lines
  bool close = false;
  TroubleMode trouble = TroubleMode::None;  // how the answer is to be spoilt
};

/// Status line and header, with the empty line.
std::string head_of(const Answer& answer);
/// What http.sys answers by itself: a page of HTML, then the connection is closed.
Answer plain_refusal(unsigned status);

}  // namespace winrmlb::sim
