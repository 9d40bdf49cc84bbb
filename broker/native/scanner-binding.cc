// The JSON scanner as JavaScript sees it; row-reader.ts calls it and has the order of the arguments.
#include <vector>

#include "bindings.h"
#include "json-scanner.h"
#include "napi-values.h"

namespace millrace {

namespace {

constexpr int32_t kOptionalFlag = 1;
constexpr int32_t kNullableFlag = 2;
/** Typed arrays that a field has in the list of cells: presence, and the ones of its type or undefined. */
constexpr uint32_t kArraysPerField = 3;

napi_value elementOf(napi_env env, napi_value array, uint32_t index) {
  napi_value element = nullptr;
  napi_get_element(env, array, index, &element);
  return element;
}

uint32_t lengthOf(napi_env env, napi_value array) {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  return length;
}

/** newScanner(names, types, flags): flags is 1 for optional plus 2 for nullable. */
napi_value newScanner(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  std::vector<Field> fields;
  const uint32_t count = lengthOf(env, args[0]);
  for (uint32_t i = 0; i < count; i++) {
    const int32_t type = int32Of(env, elementOf(env, args[1], i));
    const int32_t flags = int32Of(env, elementOf(env, args[2], i));
    if (type < 0 || type > static_cast<int32_t>(FieldType::kDateTime)) return fail(env, "no such field type");
    fields.push_back({stringOf(env, elementOf(env, args[0], i)), static_cast<FieldType>(type),
                      (flags & kOptionalFlag) != 0, (flags & kNullableFlag) != 0});
  }
  return handleOf(env, new JsonScanner(std::move(fields)));
}

/** The array of a field when it has one that is long enough. */
template <class T>
bool cellsOf(napi_env env, napi_value cells, uint32_t index, size_t count, T*& data) {
  const Span<T> span = spanOf<T>(env, elementOf(env, cells, index));
  data = span.data;
  return span.length >= count;
}

/** The cells of a field; false when an array that its type needs is too short. */
bool readCells(napi_env env, napi_value arrays, uint32_t field, FieldType type, size_t count, Cells& cells) {
  const uint32_t at = field * kArraysPerField;
  cells = {};
  if (!cellsOf(env, arrays, at, count, cells.presence)) return false;
  switch (type) {
    case FieldType::kInterned:
      return cellsOf(env, arrays, at + 1, count, cells.ids);
    case FieldType::kString:
    case FieldType::kRaw:
      return cellsOf(env, arrays, at + 1, count, cells.starts) &&
             cellsOf(env, arrays, at + 2, count, cells.ends);
    default:
      return cellsOf(env, arrays, at + 1, count, cells.numbers);
  }
}

/** scan(scanner, bytes, ends, nulls, count, status, cells, sizes): the number of rows that are left. */
napi_value scan(napi_env env, napi_callback_info info) {
  const Arguments<8> args(env, info);
  auto* scanner = objectOf<JsonScanner>(env, args[0]);
  const Span<uint8_t> bytes = spanOf<uint8_t>(env, args[1]);
  const Span<uint32_t> ends = spanOf<uint32_t>(env, args[2]);
  const Span<uint8_t> nulls = spanOf<uint8_t>(env, args[3]);
  const size_t count = int32Of(env, args[4]);
  const Span<uint8_t> status = spanOf<uint8_t>(env, args[5]);
  const Span<uint32_t> sizes = spanOf<uint32_t>(env, args[7]);
  const auto& fields = scanner->fields();
  if (ends.length < count * 3 || nulls.length < count || status.length < count ||
      sizes.length < fields.size()) {
    return fail(env, "scan: an array is shorter than the rows are many");
  }
  std::vector<Cells> cells(fields.size());
  for (uint32_t i = 0; i < cells.size(); i++) {
    if (!readCells(env, args[6], i, fields[i].type, count, cells[i])) {
      return fail(env, "scan: a column is shorter than the rows are many");
    }
  }
  const JsonRows rows = {bytes.data, bytes.length, ends.data, nulls.data, count};
  const size_t left = scanner->scan(rows, cells, status.data);
  for (size_t i = 0; i < fields.size(); i++) {
    sizes.data[i] = static_cast<uint32_t>(scanner->dictionary(i).size());
  }
  return numberOf(env, static_cast<double>(left));
}

/** textsFrom(scanner, field, id): the texts of a dictionary from an id on. */
napi_value textsFrom(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const Dictionary& dictionary = objectOf<JsonScanner>(env, args[0])->dictionary(int32Of(env, args[1]));
  napi_value texts;
  napi_create_array(env, &texts);
  uint32_t count = 0;
  for (size_t id = int32Of(env, args[2]); id < dictionary.size(); id++) {
    const Dictionary::Text text = dictionary.textOf(id);
    napi_value value;
    napi_create_string_utf8(env, reinterpret_cast<const char*>(text.bytes), text.length, &value);
    napi_set_element(env, texts, count++, value);
  }
  return texts;
}

/** idOf(scanner, field, bytes): the id of a text. */
napi_value idOf(napi_env env, napi_callback_info info) {
  const Arguments<3> args(env, info);
  const Span<uint8_t> text = spanOf<uint8_t>(env, args[2]);
  Dictionary& dictionary = objectOf<JsonScanner>(env, args[0])->dictionary(int32Of(env, args[1]));
  return numberOf(env, dictionary.idOf(text.data, text.length));
}

/** clearTexts(scanner, field): ids given before mean nothing afterwards. */
napi_value clearTexts(napi_env env, napi_callback_info info) {
  const Arguments<2> args(env, info);
  objectOf<JsonScanner>(env, args[0])->dictionary(int32Of(env, args[1])).clear();
  return nullptr;
}

}  // namespace

void addScanner(napi_env env, napi_value exports) {
  setFunction(env, exports, "newScanner", newScanner);
  setFunction(env, exports, "scan", scan);
  setFunction(env, exports, "textsFrom", textsFrom);
  setFunction(env, exports, "idOf", idOf);
  setFunction(env, exports, "clearTexts", clearTexts);
}

}  // namespace millrace
