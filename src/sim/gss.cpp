#include "gss.h"

#include <utility>

namespace winrmlb::sim {

std::string taken(gss_buffer_desc& buffer) {
  std::string out(static_cast<char*>(buffer.value), buffer.length);
  OM_uint32 minor = 0;
  gss_release_buffer(&minor, &buffer);
  return out;
}

std::string status_text(OM_uint32 major, OM_uint32 minor, gss_OID mechanism) {
  std::string out;
  for (const auto& [code, type] : {std::pair{major, GSS_C_GSS_CODE}, std::pair{minor, GSS_C_MECH_CODE}}) {
    OM_uint32 more = 0;
    OM_uint32 ignored = 0;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    if (gss_display_status(&ignored, code, type, mechanism, &more, &text) == GSS_S_COMPLETE) {
      if (!out.empty()) out += ": ";
      out += taken(text);
    }
  }
  return out;
}

}  // namespace winrmlb::sim
