// Strings with escapes as the text they stand for. The scanner asks for it where it interns one.
#pragma once
#include <cstdint>
#include <vector>

namespace millrace {

/**
 * Appends the text of a string that the grammar has accepted, quotes left out, as UTF-8.
 * @returns false where it holds half a surrogate pair, which UTF-8 cannot write.
 */
bool appendUnescaped(const uint8_t* from, const uint8_t* end, std::vector<uint8_t>& text);

}  // namespace millrace
