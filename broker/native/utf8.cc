#include "utf8.h"

#include <cstddef>

namespace millrace {

namespace {

/** The sequences that begin with one range of bytes: their length and the range of the second byte. */
struct Lead {
  uint8_t first, last, length, low, high;
};

constexpr Lead kLeads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf},                               // C0 and C1 would be overlong
    {0xe0, 0xe0, 3, 0xa0, 0xbf},                               // below: overlong
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},  // above: surrogates
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},  // below: overlong
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},  // above: beyond U+10FFFF
};

const Lead* leadOf(uint8_t byte) {
  for (const Lead& lead : kLeads) {
    if (byte >= lead.first && byte <= lead.last) return &lead;
  }
  return nullptr;
}

}  // namespace

bool isUtf8(const uint8_t* from, const uint8_t* end) {
  const uint8_t* at = from;
  while (at < end) {
    if (*at < 0x80) {
      at++;
      continue;
    }
    const Lead* lead = leadOf(*at);
    if (lead == nullptr || end - at < lead->length) return false;
    if (at[1] < lead->low || at[1] > lead->high) return false;
    for (size_t i = 2; i < lead->length; i++) {
      if ((at[i] & 0xc0) != 0x80) return false;
    }
    at += lead->length;
  }
  return true;
}

}  // namespace millrace
