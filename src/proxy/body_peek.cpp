#include "winrmlb/proxy/body_peek.h"

namespace winrmlb::proxy {

bool BodyPeek::begin(std::string_view input, winrm::EnvelopeScanner& scanner, winrm::EnvelopeMemory& memory,
                     winrm::Charset charset) {
  scanner.restart(winrm::EnvelopeScanner::Side::Request, charset);
  if (body_.framing() == http::Framing::Length && at_ < input.size()) {
    const auto taken = body_.take(input.substr(at_));
    if (!taken) return true;  // the Pump will say what is wrong with it
    memory.begin(scanner, charset, input.substr(at_, taken->bytes));
    at_ += taken->bytes;
  }
  return feed(input, scanner);
}

bool BodyPeek::feed(std::string_view input, winrm::EnvelopeScanner& scanner) noexcept {
  using State = winrm::EnvelopeScanner::State;
  while (!body_.done() && at_ < input.size()) {
    const auto taken = body_.take(input.substr(at_), http::BodyReader::Stop::AtContent);
    if (!taken) return true;  // the Pump will say what is wrong with it
    at_ += (*taken).bytes;
    if (!(*taken).content.empty() && scanner.state() == State::More) scanner.feed((*taken).content);
    if ((*taken).bytes == 0) break;
  }
  return body_.done() || scanner.state() != State::More;
}

}  // namespace winrmlb::proxy
