#include "json-scanner.h"

#include <algorithm>
#include <utility>

#include "json-escapes.h"
#include "json-number.h"

namespace millrace {

namespace {

/** Bit of `nulls` that says a row has no value. */
constexpr uint8_t kNullValue = 2;
constexpr size_t kEndsPerRow = 3;

/** As `endOfValue`, for strings without a call. */
inline const uint8_t* endOfUndeclared(const uint8_t* from, const uint8_t* end) {
  if (from >= end || *from != '"') return endOfValue(from, end);
  StringTraits traits;
  const uint8_t* close = endOfString(from + 1, end, traits);
  return close == nullptr ? nullptr : close + 1;
}

}  // namespace

JsonScanner::JsonScanner(std::vector<Field> fields)
    : fields_(std::move(fields)), dictionaries_(fields_.size()), dateTimes_(fields_.size()) {
  for (const Field& field : fields_) requiredFields_ += field.isOptional ? 0 : 1;
}

size_t JsonScanner::scan(const JsonRows& rows, const std::vector<Cells>& cells, uint8_t* status) {
  if (rows.count == 0) return 0;
  for (const Cells& column : cells) {
    memset(column.presence, kAbsent, rows.count);
    if (column.ids != nullptr) std::fill_n(column.ids, rows.count, -1);
  }
  cells_ = &cells;
  bytes_ = rows.bytes;
  size_t left = 0;
  for (row_ = 0; row_ < rows.count; row_++) {
    if (rows.nulls[row_] & kNullValue) {
      status[row_] = kRowNull;
      continue;
    }
    const size_t from = rows.ends[row_ * kEndsPerRow];
    const size_t end = rows.ends[row_ * kEndsPerRow + 1];
    // The ends come from a log or a broker: none may lead out of the batch.
    const bool isRead = from <= end && end <= rows.length && scanRow(rows.bytes + from, rows.bytes + end);
    status[row_] = isRead ? kRowRead : kRowLeft;
    left += isRead ? 0 : 1;
  }
  return left;
}

bool JsonScanner::scanRow(const uint8_t* from, const uint8_t* end) {
  requiredFound_ = 0;
  const uint8_t* at = skipSpace(from, end);
  if (at >= end || *at != '{') return false;
  at = scanMembers(at, end);
  return at != nullptr && skipSpace(at, end) == end && requiredFound_ == requiredFields_;
}

/** From the row's opening bracket to the place after its closing one; nullptr: left to JSON.parse. */
const uint8_t* JsonScanner::scanMembers(const uint8_t* from, const uint8_t* end) {
  const uint8_t* at = skipSpace(from + 1, end);
  if (at < end && *at == '}') return at + 1;
  for (size_t member = 0;; member++) {
    int column = KeyOrder::kUndeclared;
    const uint8_t* value = order_.after(member, at, end, column);
    if (value == nullptr) value = scanKey(member, at, end, column);
    if (value == nullptr) return nullptr;
    value = skipSpace(value, end);
    at = column == KeyOrder::kUndeclared ? endOfUndeclared(value, end) : scanField(column, value, end);
    if (at == nullptr) return nullptr;
    at = skipSpace(at, end);
    if (at >= end) return nullptr;
    if (*at == '}') return at + 1;
    if (*at != ',') return nullptr;
    at = skipSpace(at + 1, end);
  }
}

/** Finds the column of a key that is not the expected one. @returns the place after its colon. */
const uint8_t* JsonScanner::scanKey(size_t member, const uint8_t* from, const uint8_t* end, int& column) {
  if (from >= end || *from != '"') return nullptr;
  StringTraits traits;
  const uint8_t* close = endOfString(from + 1, end, traits);
  // An escaped key may be a declared one.
  if (close == nullptr || traits.hasEscape) return nullptr;
  const uint8_t* at = skipSpace(close + 1, end);
  if (at >= end || *at != ':') return nullptr;
  column = columnOf(from + 1, close - from - 1);
  order_.learn(member, from, at + 1, column);
  return at + 1;
}

int JsonScanner::columnOf(const uint8_t* name, size_t length) const {
  for (size_t i = 0; i < fields_.size(); i++) {
    const std::string& known = fields_[i].name;
    if (known.size() == length && memcmp(known.data(), name, length) == 0) return static_cast<int>(i);
  }
  return KeyOrder::kUndeclared;
}

/** Reads a declared field's value into its cell; nullptr when JSON.parse must judge the row. */
const uint8_t* JsonScanner::scanField(size_t field, const uint8_t* from, const uint8_t* end) {
  const Field& declared = fields_[field];
  const Cells& cells = (*cells_)[field];
  if (from >= end) return nullptr;
  if (*from == 'n' && declared.isNullable && declared.type != FieldType::kRaw) {
    if (cells.ids != nullptr) cells.ids[row_] = -1;
    put(field, kNull);
    return endOfValue(from, end);
  }
  switch (declared.type) {
    case FieldType::kInterned:
    case FieldType::kString:
    case FieldType::kDateTime:
      return scanText(field, from, end);
    case FieldType::kRaw: {
      const uint8_t* after = endOfValue(from, end);
      if (after == nullptr) return nullptr;
      cells.starts[row_] = static_cast<uint32_t>(from - bytes_);
      cells.ends[row_] = static_cast<uint32_t>(after - bytes_);
      put(field, kPresent);
      return after;
    }
    case FieldType::kBoolean:
      if (*from != 't' && *from != 'f') return nullptr;
      cells.numbers[row_] = *from == 't' ? 1 : 0;
      put(field, kPresent);
      return endOfValue(from, end);
    case FieldType::kNumber:
    case FieldType::kInteger: {
      const uint8_t* after = endOfNumber(from, end);
      if (after == nullptr || !readNumber(from, after, cells.numbers[row_])) return nullptr;
      if (declared.type == FieldType::kInteger && !isSafeInteger(cells.numbers[row_])) return nullptr;
      put(field, kPresent);
      return after;
    }
  }
  return nullptr;
}

const uint8_t* JsonScanner::scanText(size_t field, const uint8_t* from, const uint8_t* end) {
  const Cells& cells = (*cells_)[field];
  if (*from != '"') return nullptr;
  StringTraits traits;
  const uint8_t* text = from + 1;
  const uint8_t* close = endOfString(text, end, traits);
  if (close == nullptr) return nullptr;
  if (traits.hasEscape) return putEscaped(field, text, close) ? close + 1 : nullptr;
  Presence presence = kPresent;
  if (fields_[field].type == FieldType::kInterned) {
    cells.ids[row_] = dictionaries_[field].idOf(text, close - text);
  } else if (fields_[field].type == FieldType::kString) {
    cells.starts[row_] = static_cast<uint32_t>(text - bytes_);
    cells.ends[row_] = static_cast<uint32_t>(close - bytes_);
  } else {
    const DateTimeKind kind = dateTimes_[field].read(text, close - text, cells.numbers[row_]);
    if (kind == DateTimeKind::kNone) return nullptr;
    if (kind == DateTimeKind::kLocal) presence = kLocalTime;
  }
  put(field, presence);
  return close + 1;
}

/** A string with escapes: interned it is its text, else it is read when it is asked for. */
bool JsonScanner::putEscaped(size_t field, const uint8_t* text, const uint8_t* close) {
  const Cells& cells = (*cells_)[field];
  switch (fields_[field].type) {
    case FieldType::kInterned:
      unescaped_.clear();
      if (!appendUnescaped(text, close, unescaped_)) return false;
      cells.ids[row_] = dictionaries_[field].idOf(unescaped_.data(), unescaped_.size());
      put(field, kPresent);
      return true;
    case FieldType::kString:
      cells.starts[row_] = static_cast<uint32_t>(text - bytes_);
      cells.ends[row_] = static_cast<uint32_t>(close - bytes_);
      put(field, kEscaped);
      return true;
    default:
      return false;
  }
}

/** Says what a cell holds; a field that occurs twice is found once. */
void JsonScanner::put(size_t field, Presence presence) {
  uint8_t& cell = (*cells_)[field].presence[row_];
  if (cell == kAbsent && !fields_[field].isOptional) requiredFound_++;
  cell = presence;
}

}  // namespace millrace
