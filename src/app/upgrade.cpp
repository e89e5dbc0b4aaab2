#include "winrmlb/app/upgrade.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "handover.h"

extern char** environ;

namespace winrmlb::app {

using telemetry::Level;

namespace {

constexpr seconds kPatience{60};  // until the new process serves

// What the new process is not to inherit: of the watchdog only the process, as it has another one's number.
bool is_inherited(std::string_view variable) {
  for (const std::string_view name : {"WATCHDOG_PID=", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES="}) {
    if (variable.starts_with(name)) return false;
  }
  return !variable.starts_with(handover::kVariable);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Nothing blocked, nothing ignored, and its end of the pair where it looks for it.
int spawn(std::vector<std::string> command_line, int socket, pid_t& started) {
  std::vector<std::string> variables{std::string(handover::kVariable) + "=" +
                                     std::to_string(handover::kDescriptor)};
  for (char** variable = environ; *variable; ++variable) {
    if (is_inherited(*variable)) variables.emplace_back(*variable);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket, handover::kDescriptor);
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &ignored);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const auto arguments = pointers_to(command_line);
  const auto environment = pointers_to(variables);
  const int error = ::posix_spawn(&started, command_line.front().c_str(), &actions, &attributes,
                                  arguments.data(), environment.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

std::string installed_program(const std::string& as_called) {
  std::error_code error;
  if (as_called.find('/') != std::string::npos) return std::filesystem::absolute(as_called, error).string();
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

Upgrade::Upgrade(std::vector<std::string> command_line, Lent lent)
    : command_line_(std::move(command_line)), lent_(std::move(lent)) {}

Upgrade::~Upgrade() { forget_socket(); }

Status Upgrade::begin(TimePoint now) {
  Status begun = Done{};
  if (state_ != State::Idle) {
    begun = Error{ErrorCode::System, Side::Local, "an upgrade is under way"};
  } else if (command_line_.empty() || ::getpid() == 1) {
    begun = Error{ErrorCode::System, Side::Local, "process 1 cannot be followed by another: restart instead"};
  } else {
    begun = start_process();
  }
  if (!begun) {
    lent_.log.write(Level::Error, "the upgrade did not begin; this process goes on",
                    {{"detail", begun.error().detail}});
    return begun;
  }
  state_ = State::Starting;
  until_ = now + kPatience;
  lent_.log.write(Level::Info, "upgrade: the new process has been started",
                  {{"program", command_line_.front()}});
  return Done{};
}

Status Upgrade::start_process() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return Error{ErrorCode::System, Side::Local, std::string("no socket pair: ") + std::strerror(errno)};
  socket_ = net::Descriptor(pair[0]);
  constexpr int kYes = 1;
  (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &kYes, sizeof kYes);
  const net::Descriptor theirs(pair[1]);
  if (const int error = spawn(command_line_, theirs.get(), started_); error != 0) {
    socket_ = {};
    return Error{ErrorCode::System, Side::Local,
                 "cannot start " + command_line_.front() + ": " + std::strerror(error)};
  }
  (void)lent_.poller.watch_input(socket_.get(), *this);
  return Done{};
}

void Upgrade::ready(std::uint32_t) {
  auto message = handover::receive(socket_.get());
  if (!message)
    return fail(state_ == State::Starting ? "it ended before it was ready" : message.error().detail);
  if (message->name == "hello") {
    process_ = message->sender;
    if (message->number("protocol") != handover::kProtocol)
      return fail("the new program hands over in another way than this one: restart instead");
    return offer();
  }
  if (message->name == "failed") return fail(message->text("why"));
  if (message->name == "prepared" && state_ == State::Starting) {
    state_ = State::Pausing;
    return lent_.pause();
  }
  if (message->name == "serving" && state_ == State::Taking) return hand_over();
  fail("it says '" + message->name + "' out of turn");
}

void Upgrade::offer() {
  Status sent = Done{};
  for (const auto& listener : lent_.listeners()) {
    const std::span<const int> all(listener.sockets);
    for (std::size_t at = 0; at < all.size() && sent; at += handover::kMostDescriptors) {
      const auto some = all.subspan(at, std::min(handover::kMostDescriptors, all.size() - at));
      sent = handover::send(socket_.get(), "listener", {{"name", listener.name}}, some);
    }
  }
  const auto admin = lent_.admin();
  if (sent && !admin.empty()) sent = handover::send(socket_.get(), "admin", {}, admin);
  if (sent) sent = handover::send(socket_.get(), "offered");
  if (!sent) fail(sent.error().detail);
}

void Upgrade::paused() {
  if (state_ == State::Pausing) pass_state();
}

void Upgrade::pass_state() {
  auto file = handover::file_with(lent_.state());
  if (!file) return fail(file.error().detail);
  state_ = State::Taking;
  const int descriptor = file->get();
  if (const auto sent = handover::send(socket_.get(), "state", {}, std::span(&descriptor, 1)); !sent)
    fail(sent.error().detail);
}

void Upgrade::hand_over() {
  state_ = State::HandedOn;
  until_ = TimePoint::max();
  lent_.handed_on(process_);
  (void)handover::send(socket_.get(), "yours");  // one that dies in this moment is systemd's to start again
  forget_socket();
}

void Upgrade::tick(TimePoint now) {
  if (started_ != 0 && ::waitpid(started_, nullptr, WNOHANG) == started_) started_ = 0;
  if (now >= until_) fail("it took too long");
}

// What was started is ended, wherever it stands: two processes must not serve side by side.
void Upgrade::fail(std::string_view why) {
  lent_.log.write(Level::Error, "upgrade: the new process does not take over; this one goes on",
                  {{"detail", std::string(why)}});
  const bool accepts = state_ == State::Starting;
  state_ = State::Idle;
  until_ = TimePoint::max();
  forget_socket();
  for (const pid_t process : {started_, process_}) {
    if (process > 1) (void)::kill(process, SIGKILL);
  }
  process_ = 0;
  if (!accepts) lent_.resume();
}

void Upgrade::forget_socket() {
  if (!socket_) return;
  lent_.poller.forget(socket_.get(), *this);
  socket_ = {};
}

}  // namespace winrmlb::app
