#include "dictionary.h"

#include <cstring>

namespace millrace {

namespace {

uint64_t mixed(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 32);
}

uint64_t word8(const uint8_t* at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return word;
}

uint64_t word4(const uint8_t* at) {
  uint32_t word;
  memcpy(&word, at, 4);
  return word;
}

/** The last words overlap those before them, so that no byte is looked at alone. */
uint32_t hashOf(const uint8_t* text, size_t length) {
  uint64_t hash = length * 0xa0761d6478bd642f;
  size_t at = 0;
  for (; at + 8 < length; at += 8) hash = mixed(hash, word8(text + at));
  if (length >= 8) {
    hash = mixed(hash, word8(text + length - 8));
  } else if (length >= 4) {
    hash = mixed(hash, word4(text) << 32 | word4(text + length - 4));
  } else {
    for (; at < length; at++) hash = mixed(hash, text[at]);
  }
  return static_cast<uint32_t>(hash ^ (hash >> 29));
}

}  // namespace

int32_t Dictionary::idOf(const uint8_t* text, size_t length) {
  const uint32_t hash = hashOf(text, length);
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const auto [known, id] = slots_[slot];
    if (id == kFree) return add(slot, hash, text, length);
    if (known != hash || entries_[id].length != length) continue;
    if (length == 0 || memcmp(&bytes_[entries_[id].start], text, length) == 0) return id;
  }
}

void Dictionary::clear() {
  slots_.assign(kInitialSlots, {0, kFree});
  slots_.shrink_to_fit();
  entries_ = {};
  // Never empty, so that there is an address even for the empty text.
  bytes_ = {0};
}

int32_t Dictionary::add(size_t slot, uint32_t hash, const uint8_t* text, size_t length) {
  const auto id = static_cast<int32_t>(entries_.size());
  slots_[slot] = {hash, id};
  // The terminating zero gives the next text, if it is empty, an address too.
  entries_.push_back({bytes_.size() - 1, length, hash});
  bytes_.insert(bytes_.end() - 1, text, text + length);
  if (entries_.size() * 2 > slots_.size()) grow();
  return id;
}

void Dictionary::grow() {
  slots_.assign(slots_.size() * 2, {0, kFree});
  const size_t mask = slots_.size() - 1;
  for (size_t id = 0; id < entries_.size(); id++) {
    size_t slot = entries_[id].hash & mask;
    while (slots_[slot].id != kFree) slot = (slot + 1) & mask;
    slots_[slot] = {entries_[id].hash, static_cast<int32_t>(id)};
  }
}

}  // namespace millrace
