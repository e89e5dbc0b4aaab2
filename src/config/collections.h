// The fields that hold many: listeners, pools, servers, clients, includes.
#pragma once

#include "field.h"
#include "winrmlb/config/settings.h"

namespace winrmlb::config {

Field<Settings> listeners_field();
Field<Settings> routes_field();
Field<Settings> pools_field();
/// Documents the key; the loader itself reads it, since it opens files.
Field<Settings> include_field();
Field<Pool> servers_field();
Field<Pool> clients_field();

}  // namespace winrmlb::config
