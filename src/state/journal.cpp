#include "winrmlb/state/journal.h"

#include <optional>
#include <utility>

#include "bytes.h"
#include "crc32c.h"

namespace winrmlb::state {

namespace {

constexpr std::string_view kMagic = "WLBSTATE";
constexpr std::uint32_t kSync = 0x9dfe57b5;  // with bytes that no text in UTF-8 has
constexpr std::size_t kFileHeader = 16;
constexpr std::size_t kFrameHeader = 18;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kLongestFrame = kFrameHeader + kLongestPayload + kCrcBytes;

// ---- values
// -------------------------------------------------------------------------------------------------

struct Encoder {
  std::string& out;

  void operator()(const Address& address) const {
    put_text(out, address.server);
    put_text(out, address.home);
    put_time(out, address.since);
    put_time(out, address.last_used);
    put_number(out, static_cast<std::uint8_t>(address.holds));
  }
  void operator()(const Pin& pin) const {
    put_text(out, pin.server);
    const auto& bytes = pin.client.bytes();
    out.append(bytes.begin(), bytes.end());
    put_text(out, pin.resource);
    put_time(out, pin.since);
    put_time(out, pin.last_used);
    put_number(out, static_cast<std::uint32_t>(pin.idle_limit.count()));
  }
  void operator()(const Mode& mode) const {
    put_number(out, static_cast<std::uint8_t>(mode.mode));
    put_number(out, static_cast<std::uint8_t>(mode.configured));
    put_time(out, mode.deadline.value_or(WallTime::max()));
  }
  void operator()(const Weight& weight) const {
    put_number(out, weight.weight);
    put_number(out, weight.configured);
  }
  void operator()(const Assignment& assignment) const { put_text(out, assignment.server); }
  void operator()(const Server& server) const { put_text(out, server.host); }
};

std::optional<config::ServerMode> mode_in(Bytes& in) {
  const auto value = in.number<std::uint8_t>();
  if (value > static_cast<std::uint8_t>(config::ServerMode::Maintenance)) return std::nullopt;
  return static_cast<config::ServerMode>(value);
}

Address address_in(Bytes& in) {
  Address address;
  address.server = in.text();
  address.home = in.text();
  address.since = in.moment();
  address.last_used = in.moment();
  address.holds = in.number<std::uint8_t>() != 0;
  return address;
}

Pin pin_in(Bytes& in) {
  Pin pin;
  pin.server = in.text();
  std::array<std::uint8_t, 16> bytes{};
  for (auto& byte : bytes)
    byte = in.number<std::uint8_t>();
  pin.client = IpAddress::from_v6(bytes);
  pin.resource = in.text();
  pin.since = in.moment();
  pin.last_used = in.moment();
  pin.idle_limit = seconds(in.number<std::uint32_t>());
  return pin;
}

std::optional<Mode> mode_record_in(Bytes& in) {
  const auto mode = mode_in(in);
  const auto configured = mode_in(in);
  const auto deadline = in.moment();
  if (!mode || !configured) return std::nullopt;
  return Mode{*mode, *configured, deadline == WallTime::max() ? std::nullopt : std::optional(deadline)};
}

Weight weight_in(Bytes& in) {
  Weight weight;
  weight.weight = in.number<std::uint16_t>();
  weight.configured = in.number<std::uint16_t>();
  return weight;
}

std::optional<Value> value_in(Kind kind, Bytes& in) {
  switch (kind) {
    case Kind::Address:
      return address_in(in);
    case Kind::Pin:
      return pin_in(in);
    case Kind::Mode:
      if (auto mode = mode_record_in(in)) return *mode;
      return std::nullopt;
    case Kind::Weight:
      return weight_in(in);
    case Kind::Assignment:
      return Assignment{std::string(in.text())};
    case Kind::Server:
      return Server{std::string(in.text())};
  }
  return std::nullopt;
}

bool is_known(std::uint8_t kind) noexcept {
  return kind >= static_cast<std::uint8_t>(Kind::Address) && kind <= static_cast<std::uint8_t>(Kind::Server);
}

/// None: it is of a kind that is not known here, or makes no sense.
std::optional<Change> decode(std::string_view payload) {
  Bytes in(payload);
  const auto kind = in.number<std::uint8_t>();
  const bool has_value = in.number<std::uint8_t>() != 0;
  if (!is_known(kind)) return std::nullopt;
  Change change;
  change.key.kind = static_cast<Kind>(kind);
  change.key.pool = in.text();
  change.key.subject = in.text();
  change.expires = in.moment();
  if (has_value) {
    change.value = value_in(change.key.kind, in);
    if (!change.value) return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return change;
}

// ---- frames
// -------------------------------------------------------------------------------------------------

struct FrameHeader {
  std::size_t length = 0;
  std::uint64_t key = 0;
};

std::optional<FrameHeader> header_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() - at < kFrameHeader) return std::nullopt;
  Bytes in(bytes.substr(at, kFrameHeader));
  if (in.number<std::uint32_t>() != kSync) return std::nullopt;
  const std::size_t length = in.number<std::uint16_t>();
  const auto key = in.number<std::uint64_t>();
  if (length > kLongestPayload) return std::nullopt;
  if (in.number<std::uint32_t>() != crc32c(bytes.substr(at, kFrameHeader - kCrcBytes))) return std::nullopt;
  return FrameHeader{length, key};
}

bool payload_holds(std::string_view bytes, std::size_t at, std::size_t length) {
  Bytes crc(bytes.substr(at + length, kCrcBytes));
  return crc.number<std::uint32_t>() == crc32c(bytes.substr(at, length));
}

/// Reads frame by frame, and finds its way again after what is damaged.
class Reader {
 public:
  Reader(std::string_view bytes, Records& records, JournalReport& report)
      : bytes_(bytes), records_(records), report_(report) {}

  void run() {
    if (!skip_file_header()) return;
    while (at_ < bytes_.size()) {
      const auto header = header_at(bytes_, at_);
      if (!header) {
        resynchronise();
      } else if (!take_frame(*header)) {
        return;
      }
    }
  }

 private:
  bool skip_file_header() {
    if (bytes_.empty()) return false;
    Bytes in(bytes_.substr(0, std::min(kFileHeader, bytes_.size())));
    const auto magic = in.take(kMagic.size());
    const auto version = in.number<std::uint32_t>();
    const auto crc = in.number<std::uint32_t>();
    if (!in.ok() && kMagic.substr(0, bytes_.size()) == bytes_.substr(0, kMagic.size())) {
      report_.torn_bytes = bytes_.size();
      return false;
    }
    if (magic == kMagic && crc == crc32c(bytes_.substr(0, kFileHeader - kCrcBytes))) {
      if (version != kJournalVersion) report_.other_version = version;
      at_ = kFileHeader;
      return version == kJournalVersion;
    }
    ++report_.damaged;
    // The rest tells by itself whether it is a journal; only its first frame could be anywhere.
    if (header_at(bytes_, std::min(kFileHeader, bytes_.size()))) {
      ++report_.repaired;
      at_ = kFileHeader;
    }
    return true;
  }

  /// False: it is cut off, and the last.
  bool take_frame(const FrameHeader& header) {
    const auto payload = at_ + kFrameHeader;
    const auto end = payload + header.length + kCrcBytes;
    if (end > bytes_.size()) {
      report_.torn_bytes = bytes_.size() - at_;
      return false;
    }
    if (payload_holds(bytes_, payload, header.length)) {
      take(bytes_.substr(payload, header.length));
    } else {
      ++report_.damaged;
      report_.forgotten += records_.erase(header.key);
    }
    at_ = end;
    return true;
  }

  // The frame here has lost its header. What lies up to the next whole header may still be its payload.
  void resynchronise() {
    auto next = at_ + 1;
    while (next < bytes_.size() && !header_at(bytes_, next))
      ++next;
    const auto gap = next - at_;
    if (gap >= kFrameHeader + kCrcBytes && gap <= kLongestFrame) {
      const auto length = gap - kFrameHeader - kCrcBytes;
      if (payload_holds(bytes_, at_ + kFrameHeader, length)) {
        ++report_.damaged;
        ++report_.repaired;
        take(bytes_.substr(at_ + kFrameHeader, length));
        at_ = next;
        return;
      }
    }
    const bool cut_off = next >= bytes_.size() && gap < kFrameHeader && begins_like_a_frame();
    if (cut_off) {
      report_.torn_bytes = gap;
    } else {
      ++report_.damaged;
      report_.lost_bytes += gap;
    }
    at_ = next;
  }

  bool begins_like_a_frame() const {
    std::string sync;
    put_number(sync, kSync);
    const auto here = bytes_.substr(at_, sync.size());
    return here == sync.substr(0, here.size());
  }

  void take(std::string_view payload) {
    auto change = decode(payload);
    if (!change) {
      ++report_.skipped;
      return;
    }
    ++report_.changes;
    const auto hash = change->key.hash();
    if (!change->value) {
      records_.erase(hash);
    } else {
      records_[hash] = {std::move(change->key), std::move(*change->value), change->expires};
    }
  }

  std::string_view bytes_;
  Records& records_;
  JournalReport& report_;
  std::size_t at_ = 0;
};

}  // namespace

void append_journal_header(std::string& out) {
  std::string header(kMagic);
  put_number(header, kJournalVersion);
  put_number(header, crc32c(header));
  out += header;
}

bool append_change(std::string& out, const Change& change) {
  std::string payload;
  put_number(payload, static_cast<std::uint8_t>(change.key.kind));
  put_number(payload, static_cast<std::uint8_t>(change.value.has_value()));
  put_text(payload, change.key.pool);
  put_text(payload, change.key.subject);
  put_time(payload, change.expires);
  if (change.value) std::visit(Encoder{payload}, *change.value);
  if (payload.size() > kLongestPayload) return false;
  std::string header;
  put_number(header, kSync);
  put_number(header, static_cast<std::uint16_t>(payload.size()));
  put_number(header, change.key.hash());
  put_number(header, crc32c(header));
  out += header;
  out += payload;
  put_number(out, crc32c(payload));
  return true;
}

JournalReport read_journal(std::string_view bytes, WallTime now, Records& records) {
  JournalReport report;
  Reader(bytes, records, report).run();
  report.expired = std::erase_if(records, [&](const auto& entry) { return entry.second.expires <= now; });
  return report;
}

}  // namespace winrmlb::state
