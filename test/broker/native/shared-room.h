// Room for the rows of a poll; both files that read partitions use it.
#pragma once
#include "../../../broker/native/partition-reader.h"

namespace scenarios {

constexpr size_t kRowsMax = 32;
constexpr size_t kBytesMax = 256;

/** Room for the rows of a poll. */
struct Room {
  uint8_t bytes[kBytesMax];
  uint32_t ends[3 * kRowsMax];
  uint8_t nulls[kRowsMax];
  double timestamps[kRowsMax];
  double offsets[kRowsMax];

  millrace::BatchColumns columns() {
    return {bytes, sizeof bytes, ends, nulls, timestamps, offsets, kRowsMax};
  }
};

}  // namespace scenarios
