// The headers of a record between librdkafka and the packed form of broker/record-headers.ts: per header
// u32 name length, name, i32 value length (-1 for null), value; all little-endian.
#pragma once
#include <cstddef>
#include <cstdint>

#include "librdkafka.h"

namespace millrace {

/** How many bytes `packHeaders` writes; 0 without headers. */
size_t packedLength(const rd_kafka_headers_t* headers);
/** @returns how many bytes it wrote. */
size_t packHeaders(const rd_kafka_headers_t* headers, uint8_t* to);
/** The headers in `length` packed bytes, or nullptr when there are none. The caller owns them. */
rd_kafka_headers_t* unpackHeaders(const uint8_t* packed, size_t length);

}  // namespace millrace
