// Reads packed JSON rows into columns of declared fields, validating every byte. What it cannot finish it
// leaves to JSON.parse and the schema, so that it has no opinion of its own on what is wrong with a row.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "date-time.h"
#include "dictionary.h"
#include "json-grammar.h"
#include "key-order.h"

namespace millrace {

/** How a row came out; the same numbers as in topology/serdes/row-reader.ts. */
enum RowStatus : uint8_t { kRowRead = 0, kRowLeft = 3, kRowNull = 4 };

/** What a cell holds; the same numbers as in topology/serdes/json-column.ts. */
enum Presence : uint8_t { kAbsent = 0, kNull = 1, kPresent = 2, kLocalTime = 3, kEscaped = 4 };

/** What a field holds; the same numbers as in row-reader.ts beside this file. */
enum class FieldType : int32_t { kInterned, kString, kRaw, kNumber, kInteger, kBoolean, kDateTime };

struct Field {
  std::string name;
  FieldType type;
  bool isOptional;
  bool isNullable;
};

/** The cells of one field, one a row. Only those that its type uses are there. */
struct Cells {
  uint8_t* presence;
  int32_t* ids;
  double* numbers;
  /** Where the value starts and ends in the batch's bytes. */
  uint32_t* starts;
  uint32_t* ends;
};

/** Rows back to back, as in broker/record-batch.ts: three ends a row, of key, value and headers. */
struct JsonRows {
  const uint8_t* bytes;
  size_t length;
  const uint32_t* ends;
  const uint8_t* nulls;
  size_t count;
};

/** Scans batches of rows. One per parse node and task. */
class JsonScanner {
 public:
  explicit JsonScanner(std::vector<Field> fields);

  const std::vector<Field>& fields() const { return fields_; }
  Dictionary& dictionary(size_t field) { return dictionaries_[field]; }

  /**
   * Reads each row into the cells of its fields and says in `status` how it came out. The cells of rows that
   * are left mean nothing.
   * @returns the number of rows that are left.
   */
  size_t scan(const JsonRows& rows, const std::vector<Cells>& cells, uint8_t* status);

 private:
  bool scanRow(const uint8_t* from, const uint8_t* end);
  const uint8_t* scanMembers(const uint8_t* from, const uint8_t* end);
  const uint8_t* scanKey(size_t member, const uint8_t* from, const uint8_t* end, int& column);
  const uint8_t* scanField(size_t field, const uint8_t* from, const uint8_t* end);
  const uint8_t* scanText(size_t field, const uint8_t* from, const uint8_t* end);
  bool putEscaped(size_t field, const uint8_t* text, const uint8_t* close);
  int columnOf(const uint8_t* name, size_t length) const;
  void put(size_t field, Presence presence);

  std::vector<Field> fields_;
  std::vector<Dictionary> dictionaries_;
  std::vector<DateTimeReader> dateTimes_;
  size_t requiredFields_ = 0;
  KeyOrder order_;

  // Of the batch and row in work.
  const std::vector<Cells>* cells_ = nullptr;
  const uint8_t* bytes_ = nullptr;
  size_t row_ = 0;
  size_t requiredFound_ = 0;
  std::vector<uint8_t> unescaped_;
};

}  // namespace millrace
