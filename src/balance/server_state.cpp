#include "winrmlb/balance/server_state.h"

namespace winrmlb::balance {

std::string_view name_of(Fitness fitness) noexcept {
  switch (fitness) {
    case Fitness::Checking:
      return "checking";
    case Fitness::Up:
      return "up";
    case Fitness::Suspect:
      return "suspect";
    case Fitness::Down:
      return "down";
  }
  return "unknown";
}

}  // namespace winrmlb::balance
