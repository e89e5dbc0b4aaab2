#include "winrmlb/proxy/pump.h"

#include <utility>

namespace winrmlb::proxy {

void Pump::start(std::size_t head_bytes, http::BodyReader body) noexcept {
  ready_ = head_bytes;
  body_ = body;
  abandoned_ = false;
}

net::BlockSize Pump::block_size() const noexcept {
  constexpr std::uint64_t kLong = 48 * 1024;
  if (full_reads_ >= 4) return net::BlockSize::Large;
  if (full_reads_ >= 1 || body_.declared_left().value_or(0) >= kLong) return net::BlockSize::Medium;
  return net::BlockSize::Small;
}

Pump::Step Pump::step(net::Input& input, net::Stream& source, net::Stream& sink) {
  if (finished()) return Step::Done;

  // What has come beyond the part that may be sent already.
  if (!body_.done()) {
    const auto fresh = input.bytes().substr(ready_);
    if (!fresh.empty()) {
      auto taken = body_.take(fresh);
      if (!taken) {
        error_ = std::make_unique<Error>(std::move(taken).error());
        return Step::BadBody;
      }
      ready_ += taken->bytes;
    }
  }

  if (ready_ != 0) {
    const auto written = sink.write(input.bytes().substr(0, ready_));
    if (written.state == net::IoResult::State::WouldBlock) return Step::Blocked;
    if (written.state != net::IoResult::State::Ok) return Step::SinkFailed;
    if (copy_ && copy_->size() + written.bytes <= copy_most_)
      copy_->append(input.bytes().substr(0, written.bytes));
    input.consume(written.bytes);
    ready_ -= written.bytes;
    bytes_ += written.bytes;
    return finished() ? Step::Done : Step::Moved;
  }

  const auto size = block_size();
  const auto read = input.fill(source, size);
  switch (read.state) {
    case net::IoResult::State::Ok:
      if (input.full() && full_reads_ < 4) ++full_reads_;
      return Step::Moved;
    case net::IoResult::State::WouldBlock:
      return Step::Blocked;
    case net::IoResult::State::End:
      if (body_.finish()) return Step::Done;  // a body that lasts until the close
      return Step::SourceEnded;
    case net::IoResult::State::Truncated:
      return Step::SourceEnded;
    case net::IoResult::State::Failed:
      return Step::SourceFailed;
  }
  return Step::SourceFailed;
}

}  // namespace winrmlb::proxy
