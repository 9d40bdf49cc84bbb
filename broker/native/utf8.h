// Whether bytes are UTF-8, as the WHATWG decoder sees it. The grammar asks for strings beyond ASCII.
#pragma once
#include <cstdint>

namespace millrace {

/** False for overlong forms, surrogates, what lies beyond U+10FFFF, and sequences cut short. */
bool isUtf8(const uint8_t* from, const uint8_t* end);

}  // namespace millrace
