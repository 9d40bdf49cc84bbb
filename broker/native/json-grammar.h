// The grammar of JSON over bytes: where a value ends, or that there is none. As strict as JSON.parse, UTF-8
// included. Nothing here reads at or beyond `end`, the end of the row.
#pragma once
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace millrace {

/** Deeper nesting than this is left to JSON.parse, whose stack is its own. */
constexpr int kDepthMax = 1'000;

inline bool isDigit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') <= 9; }

inline bool isSpace(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

/** The first place at or after `at` that is no white space. */
inline const uint8_t* skipSpace(const uint8_t* at, const uint8_t* end) {
  while (at < end && *at <= ' ' && isSpace(*at)) at++;
  return at;
}

/** What a string held beyond plain characters; reset by the caller. */
struct StringTraits {
  bool hasEscape = false;
};

/** From anywhere in a string to its closing quote; nullptr when it is none, or no UTF-8. */
const uint8_t* endOfAnyString(const uint8_t* from, const uint8_t* end, StringTraits& traits);

/** From after the opening quote to the closing quote; nullptr when it is no string, or no UTF-8. */
inline const uint8_t* endOfString(const uint8_t* from, const uint8_t* end, StringTraits& traits) {
  const uint8_t* at = from;
#ifdef __SSE2__
  // Most strings are short and plain: one look at 16 bytes finds their quote, or two.
  for (int block = 0; block < 2 && end - at >= 16; block++, at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const unsigned quotes = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    const __m128i isEscape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    // Compared as signed numbers: control characters and bytes beyond ASCII are both below a space.
    const __m128i isOdd = _mm_or_si128(isEscape, _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
    const unsigned odd = _mm_movemask_epi8(isOdd);
    if (quotes != 0 && (odd & (quotes ^ (quotes - 1))) == 0) return at + __builtin_ctz(quotes);
    if ((odd | quotes) != 0) break;
  }
#endif
  return endOfAnyString(at, end, traits);
}

/** From the first byte of a number to the place after it; nullptr when it is none. */
const uint8_t* endOfNumber(const uint8_t* from, const uint8_t* end);

/** From the first byte of any value to the place after it; nullptr when it is none, or nested too deep. */
const uint8_t* endOfValue(const uint8_t* from, const uint8_t* end);

}  // namespace millrace
