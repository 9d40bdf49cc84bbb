#include "json-grammar.h"

#include <bitset>

#include "utf8.h"

namespace millrace {

namespace {

bool isHex(uint8_t byte) {
  const uint8_t letter = byte | 0x20;
  return isDigit(byte) || (letter >= 'a' && letter <= 'f');
}

/** Ends a run of plain characters inside a string. */
bool endsRun(uint8_t byte) { return byte < ' ' || byte >= 0x80 || byte == '"' || byte == '\\'; }

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kTops = 0x8080808080808080;

/** Of eight bytes those that end a run have their top bit set in the result; only the lowest is sure. */
uint64_t endsOfRun(uint64_t bytes) {
  const auto zeros = [](uint64_t of) { return (of - kOnes) & ~of; };
  const uint64_t controls = (bytes - kOnes * ' ') & ~bytes;
  return (zeros(bytes ^ (kOnes * '"')) | zeros(bytes ^ (kOnes * '\\')) | controls | bytes) & kTops;
}
#endif

const uint8_t* skipPlain(const uint8_t* at, const uint8_t* end) {
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i isQuote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i isEscape = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    const __m128i isOdd = _mm_cmplt_epi8(block, _mm_set1_epi8(' '));
    const unsigned ends = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(isQuote, isEscape), isOdd));
    if (ends != 0) return at + __builtin_ctz(ends);
  }
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  for (; end - at >= 8; at += 8) {
    uint64_t bytes;
    memcpy(&bytes, at, 8);
    const uint64_t ends = endsOfRun(bytes);
    if (ends != 0) return at + (__builtin_ctzll(ends) >> 3);
  }
#endif
  while (at < end && !endsRun(*at)) at++;
  return at;
}

/** From a backslash to the place after its escape; nullptr when it is none. */
const uint8_t* endOfEscape(const uint8_t* at, const uint8_t* end) {
  if (end - at < 2) return nullptr;
  switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return at + 2;
    case 'u':
      if (end - at < 6) return nullptr;
      for (int i = 2; i < 6; i++) {
        if (!isHex(at[i])) return nullptr;
      }
      return at + 6;
    default:
      return nullptr;
  }
}

const uint8_t* skipDigits(const uint8_t* at, const uint8_t* end) {
  while (at < end && isDigit(*at)) at++;
  return at;
}

const uint8_t* endOfWord(const uint8_t* from, const uint8_t* end, const char* word, size_t length) {
  if (static_cast<size_t>(end - from) < length || memcmp(from, word, length) != 0) return nullptr;
  return from + length;
}

/** From a key's opening quote to its value. */
const uint8_t* endOfKey(const uint8_t* from, const uint8_t* end) {
  if (from >= end || *from != '"') return nullptr;
  StringTraits traits;
  const uint8_t* close = endOfString(from + 1, end, traits);
  if (close == nullptr) return nullptr;
  const uint8_t* at = skipSpace(close + 1, end);
  return at < end && *at == ':' ? skipSpace(at + 1, end) : nullptr;
}

const uint8_t* endOfScalar(const uint8_t* from, const uint8_t* end) {
  switch (*from) {
    case '"': {
      StringTraits traits;
      const uint8_t* close = endOfString(from + 1, end, traits);
      return close == nullptr ? nullptr : close + 1;
    }
    case 't':
      return endOfWord(from, end, "true", 4);
    case 'f':
      return endOfWord(from, end, "false", 5);
    case 'n':
      return endOfWord(from, end, "null", 4);
    default:
      return endOfNumber(from, end);
  }
}

/** From the opening bracket of an array or object to the place after its end. Without recursion. */
const uint8_t* endOfNested(const uint8_t* from, const uint8_t* end) {
  std::bitset<kDepthMax> isObject;
  int depth = 0;
  const uint8_t* at = from;
  for (;;) {
    if (at >= end) return nullptr;
    // 1. A value begins at `at`.
    if (*at == '{' || *at == '[') {
      if (depth == kDepthMax) return nullptr;
      isObject[depth] = *at == '{';
      const uint8_t close = *at + 2;
      at = skipSpace(at + 1, end);
      if (at >= end || *at != close) {
        if (isObject[depth] && (at = endOfKey(at, end)) == nullptr) return nullptr;
        depth++;
        continue;
      }
      at++;
    } else {
      at = endOfScalar(at, end);
      if (at == nullptr) return nullptr;
    }
    // 2. It has ended, and maybe those around it.
    for (;;) {
      if (depth == 0) return at;
      at = skipSpace(at, end);
      if (at >= end) return nullptr;
      if (*at != (isObject[depth - 1] ? '}' : ']')) break;
      depth--;
      at++;
    }
    // 3. Another one follows.
    if (*at != ',') return nullptr;
    at = skipSpace(at + 1, end);
    if (isObject[depth - 1] && (at = endOfKey(at, end)) == nullptr) return nullptr;
  }
}

}  // namespace

const uint8_t* endOfAnyString(const uint8_t* from, const uint8_t* end, StringTraits& traits) {
  bool hasNonAscii = false;
  const uint8_t* at = from;
  for (;;) {
    at = skipPlain(at, end);
    if (at >= end) return nullptr;
    if (*at == '"') return hasNonAscii && !isUtf8(from, at) ? nullptr : at;
    if (*at == '\\') {
      traits.hasEscape = true;
      at = endOfEscape(at, end);
      if (at == nullptr) return nullptr;
    } else if (*at >= 0x80) {
      hasNonAscii = true;
      while (at < end && *at >= 0x80) at++;
    } else {
      return nullptr;
    }
  }
}

const uint8_t* endOfNumber(const uint8_t* from, const uint8_t* end) {
  const uint8_t* at = from;
  if (at < end && *at == '-') at++;
  if (at >= end || !isDigit(*at)) return nullptr;
  at = *at == '0' ? at + 1 : skipDigits(at, end);
  if (at < end && *at == '.') {
    const uint8_t* digits = at + 1;
    at = skipDigits(digits, end);
    if (at == digits) return nullptr;
  }
  if (at < end && (*at | 0x20) == 'e') {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    const uint8_t* digits = at;
    at = skipDigits(digits, end);
    if (at == digits) return nullptr;
  }
  return at;
}

const uint8_t* endOfValue(const uint8_t* from, const uint8_t* end) {
  if (from >= end) return nullptr;
  return *from == '{' || *from == '[' ? endOfNested(from, end) : endOfScalar(from, end);
}

}  // namespace millrace
