#include "winrmlb/sim/channel_binding.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "winrmlb/sim/options.h"

namespace winrmlb::sim {

namespace {

constexpr std::string_view kAuthenticate("NTLMSSP\0\3\0\0\0", 12);
constexpr std::size_t kResponseField = 20;   // NtChallengeResponseFields: length, room, offset
constexpr std::size_t kFirstPair = 16 + 28;  // NTProofStr, and the client's challenge up to its AvPairs
constexpr std::uint32_t kChannelBindings = 10;
constexpr std::size_t kTokenBytes = 16;

// A little-endian number of that many bytes; nothing beyond the end.
std::optional<std::uint32_t> number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  if (at > bytes.size() || bytes.size() - at < count) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

// The NTLMv2 response: its AvPairs are told apart by their ids, and end with one of id 0.
std::optional<std::string> binding_in(std::string_view response) {
  for (std::size_t at = kFirstPair;;) {
    const auto id = number_at(response, at, 2);
    const auto length = number_at(response, at + 2, 2);
    if (!id || !length || *id == 0 || response.size() - at - 4 < *length) return std::nullopt;
    const auto value = response.substr(at + 4, *length);
    if (*id == kChannelBindings && value.size() == kTokenBytes &&
        value.find_first_not_of('\0') != std::string_view::npos)
      return std::string(value);
    at += 4 + *length;
  }
}

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::string_view name_of(ChannelBinding level) {
  switch (level) {
    case ChannelBinding::None:
      return "None";
    case ChannelBinding::Relaxed:
      return "Relaxed";
    case ChannelBinding::Strict:
      return "Strict";
  }
  return "None";
}

NtlmBinding ntlm_binding(std::string_view token) {
  NtlmBinding binding;
  const auto start = token.find(kAuthenticate);
  if (start == std::string_view::npos) return binding;
  binding.authenticates = true;
  const auto message = token.substr(start);
  const auto length = number_at(message, kResponseField, 2);
  const auto offset = number_at(message, kResponseField + 4, 4);
  if (!length || !offset || *offset > message.size() || message.size() - *offset < *length) return binding;
  binding.token = binding_in(message.substr(*offset, *length));
  return binding;
}

std::string tls_server_end_point(const std::string& certificate_file) {
  const std::unique_ptr<std::FILE, Free> file(std::fopen(certificate_file.c_str(), "rb"));
  const std::unique_ptr<X509, Free> certificate(file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr)
                                                     : nullptr);
  if (!certificate) throw std::runtime_error("cannot read a certificate from " + certificate_file);
  int digest = NID_undef;
  OBJ_find_sigid_algs(X509_get_signature_nid(certificate.get()), &digest, nullptr);
  if (digest == NID_undef || digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int length = 0;
  if (X509_digest(certificate.get(), EVP_get_digestbynid(digest), hash.data(), &length) != 1)
    throw std::runtime_error("cannot hash the certificate in " + certificate_file);
  return "tls-server-end-point:" + std::string(reinterpret_cast<const char*>(hash.data()), length);
}

}  // namespace winrmlb::sim
