#include "tokens_support.h"

#include "winrmlb/core/base64.h"

namespace winrmlb::winrm {

const std::string_view kRealKerberos =
    "YIICtQYJKoZIhvcSAQICAQBuggKkMIICoKADAgEFoQMCAQ6iBwMFACAAAACjggG5YYIBtTCCAbGgAwIBBaEMGwpXSU5STS5U"
    "RVNUoh0wG6ADAgEDoRQwEhsESFRUUBsKd2lucm0udGVzdKOCAXswggF3oAMCARKhAwIBAqKCAWkEggFlHHrDH5nE93lKCT8e"
    "3eEnb62H98sT3UCq7YunVEqyDpnvYXPEXHykvfrA33hjB47IdpspHohjdiGhGhVfyuRfxqi3833d9FCCc7vBcpYVQ/TzZrMO"
    "KCrPit6M8ZxYYlbY+FbGMsRH/7hVmNoy/4NMezBO0Nzl2NTzhtgeLMi1Mb+iRRpkVmMLZT8IXT3oqksl/Icj5tGu9sTtQD89"
    "MjziKC0Zcc0pWBb5cVnwhUaJid8BVLXflMlSlOlnrao2gtzm7S7tFnSpYFr0ZlpHCKpvV2HG89zt0J9er5PA406CJPfRKj5a"
    "a6tfqUe/sHUF3ENKQBgbexHSgFjzLsSB24u5RRsUAghyOI6GNPMNt5YB7yMoJrL97IgMyVcjUxtqyokxu6KuFbbqfPppcw2s"
    "NnGlpHPRWUwYFpFjvzYdZzEWO8/51ttuFmd+vQIXTS+xA8Qn+x/iZ/+F1OFpa+IdX6mbU4x8OmTCpIHNMIHKoAMCARKigcIE"
    "gb/2Gu7YlztqWEet2K2SsKE9pMB2xw9qgB6SK0y4jym8FJSV48CY74lSftG2J3YLUM1AF1OeVHAvD3uHxGqzvAqrOjLFmPdu"
    "9FY++FN6CM2b9YpnuOPppuxjDcLbGnrqB8v3s9aj3s5AjA0FKzeALGHkVT3QY1P8lI5GUJ/J0eEMcEME845xKhe7e5fbMfI6"
    "0auUc5+dBvftkY1TlqUzO5pGIhd5cVR+BQBNBvdeIyLH5a35Q7s/xjsM+eg91znPzg==";
const std::string_view kRealSpnegoKerberos =
    "YIIC4AYGKwYBBQUCoIIC1DCCAtCgDTALBgkqhkiG9xIBAgKiggK9BIICuWCCArUGCSqGSIb3EgECAgEAboICpDCCAqCgAwIB"
    "BaEDAgEOogcDBQAgAAAAo4IBuWGCAbUwggGxoAMCAQWhDBsKV0lOUk0uVEVTVKIdMBugAwIBA6EUMBIbBEhUVFAbCndpbnJt"
    "LnRlc3SjggF7MIIBd6ADAgESoQMCAQKiggFpBIIBZRx6wx+ZxPd5Sgk/Ht3hJ2+th/fLE91Aqu2Lp1RKsg6Z72FzxFx8pL36"
    "wN94YweOyHabKR6IY3YhoRoVX8rkX8aot/N93fRQgnO7wXKWFUP082azDigqz4rejPGcWGJW2PhWxjLER/+4VZjaMv+DTHsw"
    "TtDc5djU84bYHizItTG/okUaZFZjC2U/CF096KpLJfyHI+bRrvbE7UA/PTI84igtGXHNKVgW+XFZ8IVGiYnfAVS135TJUpTp"
    "Z62qNoLc5u0u7RZ0qWBa9GZaRwiqb1dhxvPc7dCfXq+TwONOgiT30So+WmurX6lHv7B1BdxDSkAYG3sR0oBY8y7EgduLuUUb"
    "FAIIcjiOhjTzDbeWAe8jKCay/eyIDMlXI1MbasqJMbuirhW26nz6aXMNrDZxpaRz0VlMGBaRY782HWcxFjvP+dbbbhZnfr0C"
    "F00vsQPEJ/sf4mf/hdThaWviHV+pm1OMfDpkwqSBzTCByqADAgESooHCBIG/1gEu21/UqZJM2f1OTT0HGtXOyGiZR01k61Ga"
    "KLlwib8Orht+r2JVvkSJY+EvsQtNwMQma/SqPG5xc4t6CWLUbXQLa/0XLTiWocCITP83zWd3sQ6xMPce57dgw5tjSJ62sn1y"
    "/+BP1wdayEx4F8h8N4AP0s2QvpErmQ6yMYFwI9zBaZCXQHm/AYB1SsYF8uaVqBifSJTnRBbx4x3l9Hzy6UEftZUXkHw/BsL/"
    "mhgPiWIMJM7RuEQS6QDufqb6oDc=";
const std::string_view kRealKerberosError =
    "YGcGCSqGSIb3EgECAgMAflgwVqADAgEFoQMCAR6kERgPMjAyNjExMjQxMjI5NDZapQUCAwkDUqYDAgEf"
    "qQwbCldJTlJNLlRFU1SqHTAboAMCAQOhFDASGwRIVFRQGwp3aW5ybS50ZXN0";
const std::string_view kRealSpnegoError =
    "oXQwcqADCgEComsEaWBnBgkqhkiG9xIBAgIDAH5YMFagAwIBBaEDAgEepBEYDzIwMjYxMTI0MTIyOTQ2"
    "WqUFAgMJA1SmAwIBH6kMGwpXSU5STS5URVNUqh0wG6ADAgEDoRQwEhsESFRUUBsKd2lucm0udGVzdA==";
const std::string_view kRealNtlmBound =
    "TlRMTVNTUAADAAAAGAAYAGoAAABoAGgAggAAAAgACABIAAAAEAAQAFAAAAAKAAoAYAAAAAAAAADqAAAAMYKKIgYBsR0AAAAP"
    "VgBPAFMAUwBhAHUAdABvAG0AYQB0AGUATgBPAEQARQA3AO2zsn8acMdrI0R3AJES1ApDqWQCpjmA+Wxdqherz1Y0Oyl3JUhh"
    "ZqQBAQAAAAAAAIBKNLPgvGgQQ6lkAqY5gPkAAAAAAgAMAEQAbwBtAGEAaQBuAAEADABTAGUAcgB2AGUAcgAKABAAGHuO0WJX"
    "BQY1v5u9meteKQAAAAAAAAAA";
const std::string_view kRealNtlmUnbound =
    "TlRMTVNTUAADAAAAGAAYAGoAAABUAFQAggAAAAgACABIAAAAEAAQAFAAAAAKAAoAYAAAAAAAAADWAAAAMYKKIgYBsR0AAAAP"
    "VgBPAFMAUwBhAHUAdABvAG0AYQB0AGUATgBPAEQARQA3AI4bj4WME6+FvpAp/9CLawkQrdtbSkWQ924OKx9Oryc0IsCbt9J3"
    "Y4UBAQAAAAAAAIBKNLPgvGgQEK3bW0pFkPcAAAAAAgAMAEQAbwBtAGEAaQBuAAEADABTAGUAcgB2AGUAcgAAAAAAAAAAAA==";

namespace {
constexpr std::string_view kSpnegoOid("\x06\x06\x2b\x06\x01\x05\x05\x02", 8);
constexpr std::string_view kKerberosOid("\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", 11);
}  // namespace

std::string der(unsigned tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  const auto length = content.size();
  if (length >= 0x100) {
    out += '\x82';
    out += static_cast<char>(length >> 8);
  } else if (length >= 0x80) {
    out += '\x81';
  }
  out += static_cast<char>(length & 0xff);
  return out.append(content);
}

std::string der_long(unsigned tag, std::string_view content, std::uint32_t length) {
  std::string out{static_cast<char>(tag), '\x84'};
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(length >> shift & 0xff);
  return out.append(content);
}

std::string ap_req(std::string_view realm, const std::vector<std::string>& names, std::size_t enc_bytes) {
  std::string list;
  for (const auto& name : names)
    list += der(0x1b, name);
  const auto version = der(0x02, "\x05");
  const auto name = der(0x30, der(0xa0, der(0x02, "\x02")) + der(0xa1, der(0x30, list)));
  const auto encrypted =
      der(0x30, der(0xa0, der(0x02, "\x12")) + der(0xa2, der(0x04, std::string(enc_bytes, 'e'))));
  const auto ticket = der(0x61, der(0x30, der(0xa0, version) + der(0xa1, der(0x1b, realm)) + der(0xa2, name) +
                                              der(0xa3, encrypted)));
  return der(0x6e, der(0x30, der(0xa0, version) + der(0xa1, der(0x02, "\x0e")) +
                                 der(0xa2, der(0x03, std::string_view("\x00\x20\x00\x00\x00", 5))) +
                                 der(0xa3, ticket) + der(0xa4, encrypted)));
}

std::string krb_error(std::string_view code) {
  return der(0x7e, der(0x30, der(0xa0, der(0x02, "\x05")) + der(0xa1, der(0x02, "\x1e")) +
                                 der(0xa4, der(0x18, "20261124080000Z")) + der(0xa6, der(0x02, code))));
}

std::string kerberos_token(std::string_view id, std::string_view message) {
  return der(0x60, std::string(kKerberosOid).append(id).append(message));
}

std::string neg_token_init(std::string_view mech_token) {
  const auto types = der(0xa0, der(0x30, kKerberosOid));
  return der(0x60, std::string(kSpnegoOid) + der(0xa0, der(0x30, types + der(0xa2, der(0x04, mech_token)))));
}

std::string neg_token_resp(std::string_view state, std::string_view response_token) {
  auto fields = der(0xa0, der(0x0a, state)) + der(0xa1, kKerberosOid);
  if (!response_token.empty()) fields += der(0xa2, der(0x04, response_token));
  return der(0xa1, der(0x30, fields));
}

std::string ticket_for(const std::string& realm, const std::vector<std::string>& names) {
  return encode_base64(neg_token_init(kerberos_token(std::string_view("\x01\x00", 2), ap_req(realm, names))));
}

}  // namespace winrmlb::winrm
