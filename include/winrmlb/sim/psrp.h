// As much of PowerShell remoting as opens a runspace pool and gives a pipeline one string back (MS-PSRP 2.2).
//
// Pure. Messages are CLIXML in fragments; this server writes each message as one fragment and reads only the
// first of what it is sent. It claims no more: no streams, no host calls, no objects but the one string.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::sim::psrp {

/// What the first fragment of a client's input tells.
struct Opening {
  std::string pool_id;      // 16 bytes as on the wire
  std::string pipeline_id;  // 16 bytes
  std::uint32_t type = 0;
  std::string data;  // CLIXML, as far as the fragment goes
};
std::optional<Opening> read_opening(std::string_view fragments);

/// SessionCapability, ApplicationPrivateData, RunspacePoolState Opened: the answer to creationXml.
std::string pool_opened(std::string_view pool_id);
/// SessionCapability, RunspacePoolInitData, ApplicationPrivateData: the answer to connectXml.
std::string pool_connected(std::string_view pool_id);
/// PipelineOutput with one string, then PipelineState Completed.
std::string pipeline_result(std::string_view pool_id, std::string_view pipeline_id, std::string_view text);

/// The script in a CreatePipeline message, or empty.
std::string script_of(std::string_view clixml);

}  // namespace winrmlb::sim::psrp
