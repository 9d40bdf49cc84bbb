// Byte strings to small ids: the dictionary behind an interned column. Ids are dense and mean something in
// one scanner only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {

/** Interns byte strings: equal bytes get equal ids, counted from 0. */
class Dictionary {
 public:
  Dictionary() { clear(); }

  size_t size() const { return entries_.size(); }

  /** The id of some bytes; they are copied when new. */
  int32_t idOf(const uint8_t* text, size_t length);

  struct Text {
    const uint8_t* bytes;
    size_t length;
  };
  /** The bytes behind an id, valid until the next `idOf`. */
  Text textOf(size_t id) const { return {&bytes_[entries_[id].start], entries_[id].length}; }

  /** Forgets everything; ids given before mean nothing afterwards. */
  void clear();

 private:
  static constexpr size_t kInitialSlots = 1'024;
  static constexpr int32_t kFree = -1;
  /** The hash lies beside the id: most collisions end here. */
  struct Slot {
    uint32_t hash;
    int32_t id;
  };
  struct Entry {
    size_t start;
    size_t length;
    uint32_t hash;
  };
  int32_t add(size_t slot, uint32_t hash, const uint8_t* text, size_t length);
  void grow();

  std::vector<Slot> slots_;
  std::vector<Entry> entries_;
  std::vector<uint8_t> bytes_;
};

}  // namespace millrace
