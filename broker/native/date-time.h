// Date-time text read from its bytes, in all forms that topology/time/date-time-text.ts knows; what is no
// date is none, never a date near it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace millrace {

/** What a date-time text tells. */
enum class DateTimeKind {
  kNone,
  /** A wall clock without a zone: ms as if it were UTC. */
  kLocal,
  /** An instant: epoch ms. */
  kInstant,
};

/** Reads date-times, mostly of the same day as the one before: the day is worked out once. */
class DateTimeReader {
 public:
  /** `YYYY-MM-DDTHH:MM[:SS[.f…]]`, then nothing, Z or an offset. */
  DateTimeKind read(const uint8_t* text, size_t length, double& ms);

 private:
  bool readDay(const uint8_t* text);

  uint8_t lastDay_[10] = {};
  int64_t lastDayMs_ = 0;
};

}  // namespace millrace
