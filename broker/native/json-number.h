// JSON numbers as doubles, the same as JavaScript's Number() of their text.
#pragma once
#include <cstdint>

namespace millrace {

/**
 * Reads the text of a JSON number, of which the grammar was checked.
 * @returns false where it is for JSON.parse: beyond the range of doubles, or hard to round.
 */
bool readNumber(const uint8_t* from, const uint8_t* end, double& number);

/** As Number.isSafeInteger. */
bool isSafeInteger(double number);

}  // namespace millrace
