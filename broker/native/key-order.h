// The keys of JSON rows by their place: a producer writes the same fields in the same order, so a key is
// mostly where it was in the row before, and one comparison finds it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace millrace {

/** Remembers which key stands at which place, and the column that it belongs to. */
class KeyOrder {
 public:
  /** The column of a field that is not declared. */
  static constexpr int kUndeclared = -1;

  /** The place after the colon when the key at `at` is the expected one, else nullptr. */
  const uint8_t* after(size_t member, const uint8_t* at, const uint8_t* end, int& column) const {
    if (member >= kMembersMax) return nullptr;
    const Key& key = keys_[member];
    if (key.words == 0) return nullptr;
    if (end - at >= static_cast<ptrdiff_t>(key.words) * 8) {
      for (size_t i = 0; i < key.words; i++) {
        uint64_t word;
        memcpy(&word, at + i * 8, 8);
        if ((word & key.mask[i]) != key.text[i]) return nullptr;
      }
    } else if (end - at < key.length || memcmp(at, key.text, key.length) != 0) {
      // So near the row's end the last word would reach beyond it.
      return nullptr;
    }
    column = key.column;
    return at + key.length;
  }

  /** Expects a key, from its quote at `from` to after the colon at `to`, from now on. */
  void learn(size_t member, const uint8_t* from, const uint8_t* to, int column) {
    const size_t length = to - from;
    if (member >= kMembersMax || length > kLengthMax) return;
    Key& key = keys_[member];
    key = {};
    memcpy(key.text, from, length);
    memset(key.mask, 0xff, length);
    key.words = static_cast<uint8_t>((length + 7) / 8);
    key.length = static_cast<uint8_t>(length);
    key.column = column;
  }

 private:
  static constexpr size_t kMembersMax = 128;
  static constexpr size_t kLengthMax = 64;
  /** A key as it is written, from its opening quote to the colon, in words; none when it has no words. */
  struct Key {
    uint64_t text[kLengthMax / 8];
    uint64_t mask[kLengthMax / 8];
    int column;
    uint8_t words;
    uint8_t length;
  };
  Key keys_[kMembersMax] = {};
};

}  // namespace millrace
