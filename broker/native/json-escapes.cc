#include "json-escapes.h"

#include "json-grammar.h"

namespace millrace {

namespace {

constexpr size_t kUnitLength = 6;

uint32_t hexOf(uint8_t byte) { return isDigit(byte) ? byte - '0' : (byte | 0x20) - 'a' + 10; }

/** The number in `\uXXXX` at `at`. */
uint32_t unitAt(const uint8_t* at) {
  return hexOf(at[2]) << 12 | hexOf(at[3]) << 8 | hexOf(at[4]) << 4 | hexOf(at[5]);
}

uint8_t plainOf(uint8_t letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

void appendUtf8(uint32_t code, std::vector<uint8_t>& text) {
  const auto tail = [&](int shift) { text.push_back(static_cast<uint8_t>(0x80 | (code >> shift & 0x3f))); };
  if (code < 0x80) {
    text.push_back(static_cast<uint8_t>(code));
  } else if (code < 0x800) {
    text.push_back(static_cast<uint8_t>(0xc0 | code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text.push_back(static_cast<uint8_t>(0xe0 | code >> 12));
    tail(6);
    tail(0);
  } else {
    text.push_back(static_cast<uint8_t>(0xf0 | code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool isIn(uint32_t unit, uint32_t first, uint32_t last) { return unit >= first && unit <= last; }

}  // namespace

bool appendUnescaped(const uint8_t* from, const uint8_t* end, std::vector<uint8_t>& text) {
  const uint8_t* at = from;
  while (at < end) {
    if (*at != '\\') {
      text.push_back(*at++);
    } else if (at[1] != 'u') {
      text.push_back(plainOf(at[1]));
      at += 2;
    } else {
      uint32_t code = unitAt(at);
      at += kUnitLength;
      if (isIn(code, 0xdc00, 0xdfff)) return false;
      if (isIn(code, 0xd800, 0xdbff)) {
        const bool isPair = static_cast<size_t>(end - at) >= kUnitLength && at[0] == '\\' && at[1] == 'u';
        const uint32_t low = isPair ? unitAt(at) : 0;
        if (!isIn(low, 0xdc00, 0xdfff)) return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += kUnitLength;
      }
      appendUtf8(code, text);
    }
  }
  return true;
}

}  // namespace millrace
