// Finding where a run of XML text or a name ends, sixteen bytes at a time where the processor can.
#pragma once

#include <cstddef>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace winrmlb::winrm {

/// The first of the three characters, or `end`.
inline const char* find_any(const char* at, const char* end, char a, char b, char c) noexcept {
#ifdef __SSE2__
  const __m128i as = _mm_set1_epi8(a), bs = _mm_set1_epi8(b), cs = _mm_set1_epi8(c);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i hits = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, as), _mm_cmpeq_epi8(bytes, bs)),
                                      _mm_cmpeq_epi8(bytes, cs));
    if (const int mask = _mm_movemask_epi8(hits)) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && *at != a && *at != b && *at != c)
    ++at;
  return at;
}

/// Ends a name, as far as it matters here: whatever ASCII punctuation or space is not '-', '.' or ':' and
/// stands before '@'. That lets through a few characters that XML does not, but none that structures markup.
inline bool ends_name(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ',' || byte == '/' || (byte >= ';' && byte <= '?');
}

inline const char* find_name_end(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(',')), bytes);
    const __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('/'));
    const __m128i from_semicolon = _mm_sub_epi8(bytes, _mm_set1_epi8(';'));
    const __m128i middle =
        _mm_cmpeq_epi8(_mm_min_epu8(from_semicolon, _mm_set1_epi8('?' - ';')), from_semicolon);
    const __m128i hits = _mm_or_si128(_mm_or_si128(low, slash), middle);
    if (const int mask = _mm_movemask_epi8(hits)) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && !ends_name(*at))
    ++at;
  return at;
}

}  // namespace winrmlb::winrm
