#include "winrmlb/sim/psrp.h"

#include <pugixml.hpp>

#include "winrmlb/core/text.h"

namespace winrmlb::sim::psrp {

namespace {

constexpr std::uint32_t kSessionCapability = 0x00010002;
constexpr std::uint32_t kApplicationPrivateData = 0x00021009;
constexpr std::uint32_t kRunspacePoolState = 0x00021005;
constexpr std::uint32_t kRunspacePoolInitData = 0x0002100B;
constexpr std::uint32_t kPipelineOutput = 0x00041004;
constexpr std::uint32_t kPipelineState = 0x00041006;

constexpr std::size_t kFragmentHead = 21;
constexpr std::size_t kMessageHead = 40;

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>((value >> (8 * i)) & 255U);
}

void append_little_endian(std::string& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i)
    out += static_cast<char>((value >> (8 * i)) & 255U);
}

// One message in one fragment: start and end flags both set (MS-PSRP 2.2.4, 2.2.1).
std::string message(std::uint64_t object_id, std::uint32_t type, std::string_view pool,
                    std::string_view pipeline, std::string_view clixml) {
  std::string blob;
  append_little_endian(blob, 1);  // to the client
  append_little_endian(blob, type);
  blob.append(pool.size() == 16 ? std::string(pool) : std::string(16, '\0'));
  blob.append(pipeline.size() == 16 ? std::string(pipeline) : std::string(16, '\0'));
  blob += "\xef\xbb\xbf";
  blob.append(clixml);
  std::string out;
  append_big_endian(out, object_id, 8);
  append_big_endian(out, 0, 8);
  out += '\x03';
  append_big_endian(out, blob.size(), 4);
  return out + blob;
}

std::string capability() {
  return "<Obj RefId=\"0\"><MS><Version N=\"protocolversion\">2.3</Version><Version "
         "N=\"PSVersion\">2.0</Version>"
         "<Version N=\"SerializationVersion\">1.1.0.1</Version></MS></Obj>";
}

std::string private_data() {
  return "<Obj RefId=\"0\"><MS><Obj N=\"ApplicationPrivateData\" RefId=\"1\"><TN RefId=\"0\">"
         "<T>System.Management.Automation.PSPrimitiveDictionary</T><T>System.Collections.Hashtable</T>"
         "<T>System.Object</T></TN><DCT/></Obj></MS></Obj>";
}

}  // namespace

std::optional<Opening> read_opening(std::string_view fragments) {
  if (fragments.size() < kFragmentHead + kMessageHead) return std::nullopt;
  std::uint32_t length = 0;
  for (std::size_t i = 17; i < 21; ++i)
    length = (length << 8U) | static_cast<unsigned char>(fragments[i]);
  const std::string_view blob = fragments.substr(kFragmentHead, length);
  if (blob.size() < kMessageHead) return std::nullopt;
  Opening opening;
  for (std::size_t i = 4; i < 8; ++i) {
    opening.type |= static_cast<std::uint32_t>(static_cast<unsigned char>(blob[i])) << (8 * (i - 4));
  }
  opening.pool_id = std::string(blob.substr(8, 16));
  opening.pipeline_id = std::string(blob.substr(24, 16));
  opening.data = std::string(blob.substr(kMessageHead));
  return opening;
}

std::string pool_opened(std::string_view pool_id) {
  return message(1, kSessionCapability, pool_id, {}, capability()) +
         message(2, kApplicationPrivateData, pool_id, {}, private_data()) +
         message(3, kRunspacePoolState, pool_id, {},
                 "<Obj RefId=\"0\"><MS><I32 N=\"RunspaceState\">2</I32></MS></Obj>");
}

std::string pool_connected(std::string_view pool_id) {
  return message(1, kSessionCapability, pool_id, {}, capability()) +
         message(2, kRunspacePoolInitData, pool_id, {},
                 "<Obj RefId=\"0\"><MS><I32 N=\"MinRunspaces\">1</I32><I32 "
                 "N=\"MaxRunspaces\">1</I32></MS></Obj>") +
         message(3, kApplicationPrivateData, pool_id, {}, private_data());
}

std::string pipeline_result(std::string_view pool_id, std::string_view pipeline_id, std::string_view text) {
  std::string output = "<S>";
  append_xml_escaped(output, text);
  output += "</S>";
  return message(4, kPipelineOutput, pool_id, pipeline_id, output) +
         message(5, kPipelineState, pool_id, pipeline_id,
                 "<Obj RefId=\"0\"><MS><I32 N=\"PipelineState\">4</I32></MS></Obj>");
}

std::string script_of(std::string_view clixml) {
  pugi::xml_document document;
  document.load_buffer(clixml.data(),
                       clixml.size());  // a cut-off document still has what came before the cut
  const auto found = document.find_node([](const pugi::xml_node& node) {
    return std::string_view(node.name()) == "S" && std::string_view(node.attribute("N").value()) == "Cmd";
  });
  return found.text().get();
}

}  // namespace winrmlb::sim::psrp
