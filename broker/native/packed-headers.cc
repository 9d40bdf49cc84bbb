#include "packed-headers.h"

#include <cstring>

namespace millrace {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr int32_t kNull = -1;
constexpr size_t kFewHeaders = 4;

void writeLength(uint8_t* to, uint32_t length) {
  for (size_t i = 0; i < kLengthBytes; i++) to[i] = static_cast<uint8_t>(length >> (8 * i));
}

uint32_t readLength(const uint8_t* from) {
  uint32_t length = 0;
  for (size_t i = 0; i < kLengthBytes; i++) length |= static_cast<uint32_t>(from[i]) << (8 * i);
  return length;
}

struct Header {
  const char* name = nullptr;
  const void* value = nullptr;
  size_t length = 0;
};

bool headerAt(const rd_kafka_headers_t* headers, size_t index, Header& header) {
  if (headers == nullptr) return false;
  return librdkafka()->rd_kafka_header_get_all(headers, index, &header.name, &header.value, &header.length) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

size_t packedLength(const rd_kafka_headers_t* headers) {
  size_t length = 0;
  Header header;
  for (size_t i = 0; headerAt(headers, i, header); i++) {
    length += 2 * kLengthBytes + strlen(header.name) + (header.value == nullptr ? 0 : header.length);
  }
  return length;
}

size_t packHeaders(const rd_kafka_headers_t* headers, uint8_t* to) {
  size_t at = 0;
  Header header;
  for (size_t i = 0; headerAt(headers, i, header); i++) {
    const size_t nameLength = strlen(header.name);
    writeLength(to + at, static_cast<uint32_t>(nameLength));
    at += kLengthBytes;
    memcpy(to + at, header.name, nameLength);
    at += nameLength;
    const bool isNull = header.value == nullptr;
    writeLength(to + at, static_cast<uint32_t>(isNull ? kNull : static_cast<int32_t>(header.length)));
    at += kLengthBytes;
    if (isNull || header.length == 0) continue;
    memcpy(to + at, header.value, header.length);
    at += header.length;
  }
  return at;
}

rd_kafka_headers_t* unpackHeaders(const uint8_t* packed, size_t length) {
  if (length == 0) return nullptr;
  const Librdkafka& lib = *librdkafka();
  rd_kafka_headers_t* headers = lib.rd_kafka_headers_new(kFewHeaders);
  size_t at = 0;
  while (at + 2 * kLengthBytes <= length) {
    const uint32_t nameLength = readLength(packed + at);
    at += kLengthBytes;
    const auto* name = reinterpret_cast<const char*>(packed + at);
    at += nameLength;
    const auto valueLength = static_cast<int32_t>(readLength(packed + at));
    at += kLengthBytes;
    const size_t size = valueLength == kNull ? 0 : static_cast<size_t>(valueLength);
    const void* value = valueLength == kNull ? nullptr : packed + at;
    lib.rd_kafka_header_add(headers, name, static_cast<ssize_t>(nameLength), value,
                            static_cast<ssize_t>(size));
    at += size;
  }
  return headers;
}

}  // namespace millrace
