// The checks themselves: each kind as a coroutine over one Conversation, from the cheapest to the one that
// proves most. Each gives one Finding; its text is for an operator.
#pragma once

#include <string>

#include "conversation.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/health/evidence.h"
#include "winrmlb/health/watch.h"
#include "winrmlb/net/task.h"

namespace winrmlb::health {

struct Login {
  std::string user;
  std::string password;
};

/// What one check needs to know. Must outlive it.
struct CheckOrder {
  config::Probe probe = config::Probe::Identify;
  Place place;
  config::Health settings;
  Login login;
  const Aside* aside = nullptr;  // for logins that may block
  WallTime wall_now{};
};

/// `certificate_ends_in`: told by checks that go by TLS.
net::Task<Finding> run_check(Conversation& talk, const CheckOrder& order,
                             std::optional<seconds>& certificate_ends_in);

/// What an answer other than the one that was hoped for says.
Finding unfit_answer(std::uint16_t status, std::string_view body, std::string_view wanted);

}  // namespace winrmlb::health
