#include "json-number.h"

#include <charconv>
#include <cmath>

namespace millrace {

namespace {

/** Decimal digits that every double holds exactly. */
constexpr int kExactDigits = 15;
constexpr double kSafeIntegerMax = 9007199254740991.0;
/** The powers of ten that are exact as doubles. */
constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool readAnyNumber(const uint8_t* from, const uint8_t* end, double& number) {
#if defined(__cpp_lib_to_chars) && __cpp_lib_to_chars >= 201611L
  const auto* text = reinterpret_cast<const char*>(from);
  const auto* textEnd = reinterpret_cast<const char*>(end);
  const auto [parsedEnd, error] = std::from_chars(text, textEnd, number);
  return error == std::errc() && parsedEnd == textEnd;
#else
  (void)from, (void)end, (void)number;
  return false;
#endif
}

}  // namespace

bool readNumber(const uint8_t* from, const uint8_t* end, double& number) {
  const bool isNegative = *from == '-';
  const uint8_t* at = isNegative ? from + 1 : from;
  int64_t digits = 0;
  int decimals = 0;
  const uint8_t* point = nullptr;
  if (end - at > kExactDigits + 1) return readAnyNumber(from, end, number);
  for (; at < end; at++) {
    if (*at == '.') {
      point = at;
    } else if (*at >= '0' && *at <= '9') {
      digits = digits * 10 + (*at - '0');
    } else {
      return readAnyNumber(from, end, number);
    }
  }
  if (point != nullptr) decimals = static_cast<int>(end - point) - 1;
  // 16 characters without a point are one digit too many.
  if (point == nullptr && end - from - isNegative > kExactDigits) return readAnyNumber(from, end, number);
  // Both sides of the division are exact, so that its result is rounded once, as it must be.
  const double magnitude = static_cast<double>(digits) / kPowersOfTen[decimals];
  number = isNegative ? -magnitude : magnitude;
  return true;
}

bool isSafeInteger(double number) {
  return std::fabs(number) <= kSafeIntegerMax && std::trunc(number) == number;
}

}  // namespace millrace
