#include "date-time.h"

#include <cstring>

#include "json-grammar.h"

namespace millrace {

namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kMinuteMs = 60'000;
constexpr size_t kDecimalsMax = 9;
/** As far from Greenwich as java.time's ZoneOffset goes. */
constexpr int kOffsetHoursMax = 18;
constexpr int kMonthDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
/** What `pair` answers for what is no number; beyond every limit. */
constexpr int kNone = 1'000'000;

int pair(const uint8_t* at) {
  return isDigit(at[0]) && isDigit(at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : kNone;
}

int daysOf(int year, int month) {
  const bool isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && isLeap ? 29 : kMonthDays[month - 1];
}

/** Days from 1970-01-01 to a date of the Gregorian calendar, the year not negative. */
int64_t daysFromCivil(int year, int month, int day) {
  // Years from March on, so that the leap day is the last: the usual arithmetic of eras of 400 years.
  const int shifted = month <= 2 ? year - 1 : year;
  const int era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const int yearOfEra = shifted - era * 400;
  const int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return static_cast<int64_t>(era) * 146'097 + dayOfEra - 719'468;
}

/** Reads `:SS[.f…]` at `at`; the place after it, or nullptr. Digits beyond milliseconds are cut off. */
const uint8_t* readSeconds(const uint8_t* at, const uint8_t* end, int64_t& ms) {
  if (end - at < 3) return nullptr;
  const int second = pair(at + 1);
  if (second > 59) return nullptr;
  at += 3;
  ms = second * 1'000;
  if (at == end || *at != '.') return at;
  int millis = 0;
  size_t digits = 0;
  for (at++; at < end && isDigit(*at); at++, digits++) {
    if (digits < 3) millis = millis * 10 + (*at - '0');
  }
  if (digits == 0 || digits > kDecimalsMax) return nullptr;
  for (; digits < 3; digits++) millis *= 10;
  ms += millis;
  return at;
}

/** Reads `Z`, `+HH`, `+HHMM` or `+HH:MM`, to the end of the text. */
bool readOffset(const uint8_t* at, const uint8_t* end, int64_t& ms) {
  const size_t length = end - at;
  if (*at == 'Z') return length == 1;
  if (*at != '+' && *at != '-') return false;
  if (length != 3 && length != 5 && !(length == 6 && at[3] == ':')) return false;
  const int hours = pair(at + 1);
  const int minutes = length == 3 ? 0 : pair(end - 2);
  if (hours > kOffsetHoursMax || minutes > 59 || (hours == kOffsetHoursMax && minutes > 0)) return false;
  ms = (hours * kHourMs + minutes * kMinuteMs) * (*at == '-' ? -1 : 1);
  return true;
}

}  // namespace

DateTimeKind DateTimeReader::read(const uint8_t* text, size_t length, double& ms) {
  if (length < 16 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':') return DateTimeKind::kNone;
  const int hour = pair(text + 11);
  const int minute = pair(text + 14);
  if (hour > 23 || minute > 59 || !readDay(text)) return DateTimeKind::kNone;
  const uint8_t* end = text + length;
  const uint8_t* at = text + 16;
  int64_t secondsMs = 0;
  if (at < end && *at == ':') at = readSeconds(at, end, secondsMs);
  if (at == nullptr) return DateTimeKind::kNone;
  const int64_t localMs = lastDayMs_ + hour * kHourMs + minute * kMinuteMs + secondsMs;
  int64_t offsetMs = 0;
  if (at != end && !readOffset(at, end, offsetMs)) return DateTimeKind::kNone;
  ms = static_cast<double>(localMs - offsetMs);
  return at == end ? DateTimeKind::kLocal : DateTimeKind::kInstant;
}

/** Makes `lastDay_` the day that stands at the text's beginning. */
bool DateTimeReader::readDay(const uint8_t* text) {
  if (memcmp(text, lastDay_, sizeof lastDay_) == 0) return true;
  if (text[4] != '-' || text[7] != '-') return false;
  const int century = pair(text);
  const int yearOfCentury = pair(text + 2);
  const int month = pair(text + 5);
  const int day = pair(text + 8);
  if (century == kNone || yearOfCentury == kNone || month < 1 || month > 12) return false;
  const int year = century * 100 + yearOfCentury;
  if (day < 1 || day > daysOf(year, month)) return false;
  memcpy(lastDay_, text, sizeof lastDay_);
  lastDayMs_ = daysFromCivil(year, month, day) * kDayMs;
  return true;
}

}  // namespace millrace
