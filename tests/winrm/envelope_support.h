// Messages as clients and servers write them, the three ways to feed them, and facts in a form to compare.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/winrm/envelope.h"

namespace winrmlb::winrm::test {

inline constexpr std::string_view kShellId = "7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001";
inline constexpr std::string_view kMessageId = "0F6C8A52-6F0B-4C0E-9A55-1D5A0B7B3C11";
inline constexpr std::string_view kSessionId = "A1B2C3D4-0001-4002-8003-00000000000A";
inline constexpr std::string_view kOperationId = "B1B2C3D4-0001-4002-8003-00000000000B";
inline constexpr std::string_view kReceiveUri =
    "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive";
inline constexpr std::string_view kCmdUri = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
inline constexpr std::string_view kPowerShellUri =
    "http://schemas.microsoft.com/powershell/Microsoft.PowerShell";

/// A Receive on kShellId with kMessageId, in the header order, prefixes and layout of that client.
std::string pywinrm_receive();
std::string pypsrp_receive();
std::string winrb_receive();
std::string masterzen_receive();
std::string windows_receive();

std::string psrp_create();
std::string pull();
std::string identify();

std::string create_response();
std::string create_response_of_windows7();
std::string receive_response(std::size_t output_bytes);
std::string enumerate_response();
std::string fault_response();  // 2150858793
std::string nested_fault();    // 2150858843 outside, 5 within
std::string wmi_fault();       // 2150859174

/// All of the above.
struct Message {
  std::string name;
  EnvelopeScanner::Side side;
  std::string text;
};
std::vector<Message> all_messages();

enum class Order { Little, Big };
enum class Mark { Yes, No };
std::string utf16(std::string_view text, Order order, Mark mark);

std::string replaced(std::string text, std::string_view what, std::string_view with);

struct Outcome {
  EnvelopeScanner::State state = EnvelopeScanner::State::More;
  EnvelopeFacts facts;
  std::string uri;
};
Outcome scan_whole(std::string_view text, EnvelopeScanner::Side side, Charset charset = Charset::Utf8);
Outcome scan_by_bytes(std::string_view text, EnvelopeScanner::Side side, Charset charset = Charset::Utf8);
/// The first `cut` bytes, then the rest.
Outcome scan_cut(std::string_view text, std::size_t cut, EnvelopeScanner::Side side,
                 Charset charset = Charset::Utf8);

/// Every fact, one a line, so that a difference can be read.
std::string described(const EnvelopeFacts& facts);
std::string described(const Outcome& outcome);

}  // namespace winrmlb::winrm::test
