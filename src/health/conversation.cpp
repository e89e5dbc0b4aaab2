#include "conversation.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "winrmlb/core/text.h"
#include "winrmlb/http/body.h"

namespace winrmlb::health {

using net::IoResult;
using net::Signal;
using net::Signals;

namespace {

constexpr std::size_t kRead = 4096;
constexpr http::Limits kLimits{.head_bytes = 16 * 1024, .body_bytes = Conversation::kMostBytes};

Finding silent(std::string_view when) {
  return {Evidence::TimedOut, "no answer in time " + std::string(when)};
}

// What went wrong with TLS is told in several lines; evidence is one.
Finding bad_tls(std::string failure) {
  std::replace(failure.begin(), failure.end(), '\n', ' ');
  return {Evidence::BadTls, "TLS failed: " + failure};
}

Finding unreadable(const Error& error) {
  return {Evidence::WrongAnswer, "the answer is not well-formed HTTP (" + error.detail + ")"};
}

}  // namespace

net::Task<Conversation::Waited> Conversation::wait() {
  if (stopping_ && !patient_) co_return Waited::TooLong;
  const Signals woken_by = co_await wakeup_;
  co_return woken_by.has(Signal::Deadline) || (stopping_ && !patient_) ? Waited::TooLong : Waited::Again;
}

net::Task<void> Conversation::pause_until(TimePoint until) {
  deadline_.set(wheel_, until);
  for (bool over = false; !over && !stopping_ && !woken_;) {
    const Signals woken_by = co_await wakeup_;
    over = woken_by.has(Signal::Deadline);
  }
  woken_ = false;
  deadline_.clear();
}

void Conversation::close() {
  stream_.close();
  received_.clear();
}

Finding Conversation::fault_of(const IoResult& result, std::string_view when) const {
  if (result.state == IoResult::State::End || result.state == IoResult::State::Truncated)
    return {Evidence::Reset, "the connection was closed " + std::string(when)};
  switch (result.error) {
    case ECONNREFUSED:
      return {Evidence::Refused, "the connection was refused"};
    case ECONNRESET:
    case EPIPE:
      return {Evidence::Reset, "the connection was reset " + std::string(when)};
    case ETIMEDOUT:
      return silent(when);
    default:
      return {Evidence::Unreachable, std::string(std::strerror(result.error)) + " " + std::string(when)};
  }
}

net::Task<Finding> Conversation::open(const Place& place) {
  close();
  auto step = stream_.connect(place.endpoint, place.source);
  while (step.state == IoResult::State::WouldBlock) {
    if (co_await wait() == Waited::TooLong) co_return silent("to the connect");
    step = stream_.connected();
  }
  if (step.state != IoResult::State::Ok) co_return fault_of(step, "at the connect");
  if (!place.tls) co_return Finding{};

  stream_.start_tls(net::TlsConnection::connect(place.tls, place.host, net::TlsConnection::Resume::No));
  for (step = stream_.handshake(); step.state != IoResult::State::Ok; step = stream_.handshake()) {
    if (step.state == IoResult::State::Failed && step.error == 0) co_return bad_tls(stream_.tls()->failure());
    if (step.state != IoResult::State::WouldBlock) co_return fault_of(step, "within the TLS handshake");
    if (co_await wait() == Waited::TooLong) co_return silent("to the TLS handshake");
  }
  co_return Finding{};
}

net::Task<Finding> Conversation::wait_for(const bool* done) {
  Waited waited = Waited::Again;
  while (!*done && waited == Waited::Again)
    waited = co_await wait();
  Finding finding;
  if (!*done) finding = silent("from elsewhere");
  co_return finding;
}

net::Task<Finding> Conversation::ask(const Place& place, std::string_view fields,
                                     std::string_view content_type, std::string_view content) {
  std::string request = "POST /wsman HTTP/1.1\r\nHost: " + place.host + ":" +
                        std::to_string(place.endpoint.port) +
                        "\r\nUser-Agent: winrm-lb\r\nContent-Type: " + std::string(content_type) + "\r\n";
  request.append(fields).append("Content-Length: ").append(std::to_string(content.size()));
  request.append("\r\n\r\n").append(content);
  Finding sent = co_await send(request);
  if (sent.evidence != Evidence::Pass) co_return sent;
  co_return co_await receive();
}

net::Task<Finding> Conversation::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = stream_.write(bytes);
    if (written.state == IoResult::State::Ok) {
      bytes.remove_prefix(written.bytes);
    } else if (written.state != IoResult::State::WouldBlock) {
      co_return fault_of(written, "before it answered");
    } else if (co_await wait() == Waited::TooLong) {
      co_return silent("to the request");
    }
  }
  co_return Finding{};
}

void Conversation::note_fields() {
  challenges_.clear();
  content_type_.clear();
  date_.clear();
  for (const auto& field : fields_.all()) {
    if (equals_ignoring_case(field.name, "WWW-Authenticate")) challenges_.emplace_back(field.value);
    if (equals_ignoring_case(field.name, "Content-Type")) content_type_ = field.value;
    if (equals_ignoring_case(field.name, "Date")) date_ = field.value;
  }
}

// The whole answer, chunked or not; 1xx are passed over.
net::Task<Finding> Conversation::receive() {
  status_ = 0;
  body_.clear();
  http::HeadEnd head_end;
  http::BodyReader reader;
  for (;;) {
    if (status_ == 0) {
      if (const auto end = head_end.find(received_)) {
        const auto head = http::parse_response(std::string_view(received_).substr(0, *end),
                                               {http::Method::Post}, kLimits, fields_);
        if (!head) co_return unreadable(head.error());
        if (!http::is_interim(head->status)) {
          status_ = head->status;
          note_fields();
          reader = http::BodyReader(head->framing, head->content_length, Side::Server, kLimits);
        }
        received_.erase(0, *end);
        head_end.reset();
        continue;
      }
      if (received_.size() > kLimits.head_bytes)
        co_return Finding{Evidence::WrongAnswer, "the answer's header section has no end"};
    } else {
      while (!reader.done() && !received_.empty()) {
        const auto taken = reader.take(received_, http::BodyReader::Stop::AtContent);
        if (!taken) co_return unreadable(taken.error());
        if (taken->bytes == 0) break;
        body_ += taken->content;
        received_.erase(0, taken->bytes);
      }
      if (reader.done()) co_return Finding{};
    }
    const std::size_t have = received_.size();
    received_.resize(have + kRead);
    const auto read = stream_.read({received_.data() + have, kRead});
    received_.resize(have + (read.state == IoResult::State::Ok ? read.bytes : 0));
    if (read.state == IoResult::State::Ok) continue;
    if (read.state == IoResult::State::WouldBlock) {
      if (co_await wait() == Waited::TooLong) co_return silent("to the request");
      continue;
    }
    if (status_ != 0 && reader.framing() == http::Framing::UntilClose && read.state == IoResult::State::End) {
      co_return Finding{};
    }
    co_return fault_of(read, status_ == 0 ? "before it answered" : "within its answer");
  }
}

}  // namespace winrmlb::health
