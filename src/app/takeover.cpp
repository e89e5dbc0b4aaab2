#include "winrmlb/app/takeover.h"

#include <cstdlib>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include "handover.h"
#include "winrmlb/core/text.h"

namespace winrmlb::app {

namespace {

Error unexpected(const handover::Message& message) {
  return {ErrorCode::System, Side::Local, "the other process says '" + message.name + "' out of turn"};
}

}  // namespace

std::unique_ptr<Takeover> Takeover::from_environment() {
  const char* given = std::getenv(handover::kVariable);
  const auto number = given ? parse_unsigned(given, 1024) : std::nullopt;
  if (given) ::unsetenv(handover::kVariable);
  if (!number) return nullptr;
  net::Descriptor socket(static_cast<int>(*number));
  if (::fork() > 0) ::_exit(0);
  constexpr timeval kPatience{60, 0};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  auto copy = net::duplicate(socket.get());  // with close-on-exec
  return copy ? std::unique_ptr<Takeover>(new Takeover(std::move(*copy))) : nullptr;
}

Status Takeover::receive(HandedSockets& sockets) {
  if (auto sent = handover::send(socket_.get(), "hello", {{"protocol", handover::kProtocol}}); !sent)
    return sent;
  for (;;) {
    auto message = handover::receive(socket_.get());
    if (!message) return message.error();
    if (message->name == "offered") return Done{};
    if (message->name != "listener" && message->name != "admin") return unexpected(*message);
    const std::string name = message->name == "admin" ? "admin" : message->text("name");
    for (auto& socket : message->descriptors) {
      if (auto added = sockets.add(name, std::move(socket)); !added) return added;
    }
  }
}

Result<std::string> Takeover::prepared() {
  if (auto sent = handover::send(socket_.get(), "prepared"); !sent) return sent.error();
  auto message = handover::receive(socket_.get());
  if (!message) return message.error();
  if (message->name != "state" || message->descriptors.size() != 1) return unexpected(*message);
  return handover::content_of(message->descriptors.front().get());
}

void Takeover::serving() {
  // An error says that the other process has ended meanwhile: then, too, there is nobody but this one.
  if (handover::send(socket_.get(), "serving")) (void)handover::receive(socket_.get());
}

void Takeover::failed(std::string_view why) {
  constexpr std::size_t kMost = 4096;
  why = why.substr(0, kMost);
  (void)handover::send(socket_.get(), "failed", {{"why", boost::json::string(why.data(), why.size())}});
}

}  // namespace winrmlb::app
