// The HTTP/1.1 messages that are exchanged while measuring, and a reader that finds where one ends.
//
// The reader trusts its other end: one message at a time, framed by Content-Length. It is what keeps the
// driver and its server cheaper than the balancer between them; it is no parser for the open network.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace winrmlb::perf {

/// What a request asks the measuring server to do.
enum class Ask { Small, Bulk, Hold };

inline constexpr std::size_t kBulkBytes = 500 * 1024;

/// A Receive as pywinrm sends it: about 1.4 KB with Basic credentials. `Ask` is in the query of its target.
std::string receive_request(Ask ask);

/// The whole answer to it: about 1 KB, or kBulkBytes of body.
std::string receive_response(Ask ask);

class MessageReader {
 public:
  enum class Progress { More, Complete, Bad };

  Progress feed(std::string_view bytes);
  void reset();

  /// Of the last head that was complete.
  std::string_view start_line() const { return start_line_; }

 private:
  bool read_head(std::string_view head);

  std::string start_line_;
  std::string partial_;  // a head that came in pieces; empty in the ordinary case
  std::uint64_t body_left_ = 0;
  bool in_body_ = false;
};

}  // namespace winrmlb::perf
