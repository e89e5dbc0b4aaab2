// What an operator decides about single addresses.
#include "winrmlb/balance/pool.h"

namespace winrmlb::balance {

bool Pool::pin(const ClientAddress& client, ServerId server, TimePoint now) {
  if (!client_pins_->pin(client, server)) return false;
  // Without room in the table the address is told its server each time, by the pin alone.
  (void)affinity_->place(client, server, now);
  return true;
}

AffinityTable::Forgotten Pool::forget(const ClientAddress& client, TimePoint now) {
  const auto forgotten = affinity_->forget(client, now);
  if (forgotten == AffinityTable::Forgotten::Busy) return forgotten;
  const bool was_pinned = client_pins_->unpin(client);
  return was_pinned ? AffinityTable::Forgotten::Yes : forgotten;
}

}  // namespace winrmlb::balance
