#include "winrmlb/sim/shells.h"

#include <set>

#include "winrmlb/core/text.h"

namespace winrmlb::sim {

namespace {

constexpr std::size_t kChunk = 32 * 1024;  // smaller ones are joined
constexpr std::size_t kElement =
    96;  // what base64 makes of these is room for the Stream element around a chunk

// The function may put another one in its place, so it is taken out first.
void call_once(std::function<void()>& wake) {
  if (!wake) return;
  const auto function = std::move(wake);
  wake = nullptr;
  function();
}

std::string lowered(std::string text) {
  for (char& c : text)
    c = to_lower(c);
  return text;
}

}  // namespace

void Outlet::put(Stream stream, std::string bytes) {
  if (done || closed || bytes.empty()) return;
  queued_bytes += bytes.size();
  if (!chunks.empty() && chunks.back().stream == stream && chunks.back().bytes.size() < kChunk) {
    chunks.back().bytes += bytes;
  } else {
    chunks.push_back({stream, std::move(bytes)});
  }
  call_once(wake_receiver);
}

void Outlet::finish(std::int32_t code) {
  if (done || closed) return;
  done = true;
  exit_code = code;
  call_once(wake_receiver);
  call_once(wake_producer);
}

void Outlet::close(Fault fault) {
  if (closed) return;
  closed = fault;
  chunks.clear();
  queued_bytes = 0;
  call_once(wake_receiver);
  call_once(wake_producer);
}

void Outlet::interrupt(Fault fault) {
  if (!receiving) return;
  interrupted = fault;
  call_once(wake_receiver);
}

std::vector<Chunk> Outlet::take(std::size_t most) {
  std::vector<Chunk> out;
  while (!chunks.empty() && most > 0) {
    Chunk& first = chunks.front();
    if (first.bytes.size() > most) {
      out.push_back({first.stream, first.bytes.substr(0, most)});
      first.bytes.erase(0, most);
      queued_bytes -= most;
      break;
    }
    most -= std::min(most, first.bytes.size() + kElement);
    queued_bytes -= first.bytes.size();
    out.push_back(std::move(first));
    chunks.pop_front();
  }
  call_once(wake_producer);
  return out;
}

std::size_t ShellTable::shells_of(const std::string& owner) const {
  std::size_t count = 0;
  for (const auto& [id, shell] : shells_)
    count += equals_ignoring_case(shell->owner, owner) ? 1 : 0;
  return count;
}

std::size_t ShellTable::operations_of(const std::string& owner) const {
  std::size_t count = 0;
  for (const auto& [id, shell] : shells_) {
    if (!equals_ignoring_case(shell->owner, owner)) continue;
    count += shell->psrp ? shell->commands.size() : shell->commands_started;
  }
  return count;
}

std::optional<Fault> ShellTable::may_create(const std::string& owner, const std::string& id) const {
  if (!id.empty() && shells_.contains(id)) return Fault::ShellExists;
  const std::size_t own = shells_of(owner);
  if (own >= quotas_.shells_per_user) return Fault::QuotaShells;
  if (own == 0) {
    std::set<std::string> owners;
    for (const auto& [other_id, shell] : shells_)
      owners.insert(lowered(shell->owner));
    if (owners.size() >= quotas_.shell_users) return Fault::QuotaShellUsers;
  }
  return std::nullopt;
}

Shell& ShellTable::add(Shell shell) {
  auto id = shell.id;
  auto& place = shells_[id];
  place = std::make_unique<Shell>(std::move(shell));
  return *place;
}

Shell* ShellTable::find(const std::string& id) {
  const auto found = shells_.find(id);
  return found == shells_.end() ? nullptr : found->second.get();
}

void ShellTable::erase(const std::string& id, Fault reason) {
  const auto found = shells_.find(id);
  if (found == shells_.end()) return;
  const auto shell = std::move(found->second);
  shells_.erase(found);
  shell->outlet->close(reason);
  for (auto& [command_id, command] : shell->commands)
    command.outlet->close(reason);
}

std::size_t ShellTable::clear() {
  const std::size_t count = shells_.size();
  while (!shells_.empty())
    erase(shells_.begin()->first, Fault::ShellNotFound);
  return count;
}

std::size_t ShellTable::expire(TimePoint now) {
  std::vector<std::string> idle;
  for (const auto& [id, shell] : shells_) {
    if (shell->requests_pending == 0 && now - shell->last_use >= shell->idle_limit) idle.push_back(id);
  }
  for (const auto& id : idle)
    erase(id, Fault::Aborted);
  return idle.size();
}

}  // namespace winrmlb::sim
