#include "handover.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace winrmlb::app::handover {

namespace {

constexpr std::size_t kMostBytes = 16 * 1024;  // of one message

Error failed(const char* what) {
  return {ErrorCode::System, Side::Local, std::string(what) + ": " + std::strerror(errno)};
}

// Room for the descriptors of one message, laid out as the kernel wants it.
struct Control {
  alignas(cmsghdr)
      std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int)) + CMSG_SPACE(sizeof(ucred))> bytes{};
};

// What came beside the text.
void take_parts(msghdr& header, Message& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
      ucred who{};
      std::memcpy(&who, CMSG_DATA(part), sizeof who);
      message.sender = who.pid;
    }
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      message.descriptors.emplace_back(descriptor);
    }
  }
}

}  // namespace

std::string Message::text(std::string_view key) const {
  const auto* value = content.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t Message::number(std::string_view key) const {
  const auto* value = content.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

Status send(int socket, std::string_view name, boost::json::object content,
            std::span<const int> descriptors) {
  content["message"] = boost::json::string(name.data(), name.size());
  std::string text = boost::json::serialize(content);
  iovec part{text.data(), text.size()};
  Control control;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    const std::size_t bytes = descriptors.size() * sizeof(int);
    header.msg_control = control.bytes.data();
    header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(rights), descriptors.data(), bytes);
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return failed("cannot speak to the other process");
  return Done{};
}

Result<Message> receive(int socket) {
  std::string text(kMostBytes, '\0');
  iovec part{text.data(), text.size()};
  Control control;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  ssize_t received = -1;
  do {
    received = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return Error{ErrorCode::Limit, Side::Local, "the other process does not answer"};
  if (received == 0 || (received < 0 && errno == ECONNRESET))
    return Error{ErrorCode::Closed, Side::Local, "the other process is gone"};
  if (received < 0) return failed("cannot hear the other process");
  Message message;
  take_parts(header, message);
  boost::system::error_code error;
  const auto value =
      boost::json::parse(boost::json::string_view(text.data(), static_cast<std::size_t>(received)), error);
  if (error || !value.is_object() || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return Error{ErrorCode::System, Side::Local, "the other process says what makes no sense"};
  message.content = value.get_object();
  message.name = message.text("message");
  return message;
}

Result<net::Descriptor> file_with(std::string_view content) {
  net::Descriptor file(::memfd_create("winrm-lb state", MFD_CLOEXEC));
  if (!file) return failed("cannot make a file in memory");
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("cannot write a file in memory");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

Result<std::string> content_of(int file) {
  struct stat about {};
  if (::fstat(file, &about) != 0) return failed("cannot read the state");
  std::string content(static_cast<std::size_t>(about.st_size), '\0');
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t got = ::pread(file, content.data() + at, content.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed("cannot read the state");
    at += static_cast<std::size_t>(got);
  }
  return content;
}

}  // namespace winrmlb::app::handover
