// The tables of the configuration: every key, with type, default, bounds and why.
#pragma once

#include "field.h"
#include "winrmlb/config/settings.h"

namespace winrmlb::config {

const Table<Settings>& settings_table();
const Table<Listener>& listener_table();
const Table<Pool>& pool_table();
const Table<Server>& server_table();
const Table<Health>& health_table();

}  // namespace winrmlb::config
