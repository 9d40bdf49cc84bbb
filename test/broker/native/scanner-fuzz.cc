// Feeds broken rows to the scanner in buffers that end where the rows do, so that the sanitizers see each
// byte that is read beyond them. Built and run by sanitized-scanner.test.ts.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../../../broker/native/json-scanner.h"

using millrace::Cells;
using millrace::Field;
using millrace::FieldType;
using millrace::JsonScanner;

namespace {

constexpr size_t kRowsPerBatch = 64;

const std::vector<Field> kFields = {
    {"id", FieldType::kString, false, false},    {"type", FieldType::kInterned, false, false},
    {"place", FieldType::kInterned, true, true}, {"priority", FieldType::kNumber, true, false},
    {"units", FieldType::kInteger, false, true}, {"urgent", FieldType::kBoolean, true, false},
    {"at", FieldType::kDateTime, false, false},  {"extra", FieldType::kRaw, true, false},
};

const std::string kSeeds[] = {
    R"({"id":"1","type":"t","place":"p","priority":1.5e3,"units":-2,"urgent":true,"at":"2019-02-28T23:59:59.999","extra":{"a":[1,"x",null]}})",
    "{ \"id\" : \"\u00e9\U0001f600\" , \"type\":\"\u00dcn\u00efcode\" , \"units\" : null , \"at\" : "
    "\"2019-03-10T02:30:00\" , \"other\" : [ { } , [ ] , -0.0 ] }\n",
    R"({"at":"2019-12-31T23:59:00-08:00","units":0,"type":"a\u0041\n","id":"\ud83d\ude00\\","place":null})",
    R"({"id":"1","id":"2","type":"a text of some length","units":9007199254740991,"at":"2020-02-29 12:00"})",
    R"({"crime_id":"183653450","type":"Fight No Weapon","report_date":"2018-12-31T00:00:00.000","at":"2018-12-31T23:57:00.000","place":"UTL","id":"700 Block Of Hollister Av","units":1,"common_location":""})",
};

const std::string kTokens[] = {"{",
                               "}",
                               "[",
                               "]",
                               ",",
                               ":",
                               "\"",
                               "\\",
                               "\\u",
                               "\\ud800",
                               "null",
                               "1e999",
                               "-",
                               ".5",
                               " ",
                               "\n",
                               "[[[[[[",
                               "{\"a\":[",
                               "\xed\xa0\x80",
                               "\xf0\x9f",
                               "\xff",
                               "0000000000000000000000",
                               "\xef\xbb\xbf",
                               "aaaaaaaaaaaaaaaa",
                               "Z",
                               "+01:0"};

std::mt19937 random_(20'190'101);

size_t below(size_t n) { return n == 0 ? 0 : random_() % n; }

std::string broken() {
  std::string row = kSeeds[below(std::size(kSeeds))];
  for (size_t wounds = below(4); wounds > 0; wounds--) {
    const size_t at = below(row.size() + 1);
    switch (below(5)) {
      case 0:
        if (at < row.size()) row[at] = static_cast<char>(below(256));
        break;
      case 1:
        row.erase(at, 1 + below(8));
        break;
      case 2:
        row.insert(at, kTokens[below(std::size(kTokens))]);
        break;
      case 3:
        row.insert(at, row.substr(below(row.size() + 1), 12));
        break;
      default:
        row.resize(at);
    }
  }
  return row;
}

/** Rows in memory of exactly their size, and cells of exactly their number. */
class Batch {
 public:
  explicit Batch(const std::vector<std::string>& rows) : status(rows.size()), cells_(kFields.size()) {
    std::string all;
    for (const std::string& row : rows) {
      ends_.push_back(static_cast<uint32_t>(all.size()));
      all += row;
      ends_.insert(ends_.end(), 2, static_cast<uint32_t>(all.size()));
    }
    length_ = all.size();
    bytes_ = std::make_unique<uint8_t[]>(length_);
    std::copy(all.begin(), all.end(), bytes_.get());
    nulls_.assign(rows.size(), 0);
    const size_t count = rows.size();
    for (const Field& field : kFields) {
      presence_.emplace_back(count);
      ids_.emplace_back(field.type == FieldType::kInterned ? count : 0);
      numbers_.emplace_back(count);
      starts_.emplace_back(count);
      spanEnds_.emplace_back(count);
    }
    for (size_t i = 0; i < kFields.size(); i++) {
      int32_t* ids = kFields[i].type == FieldType::kInterned ? ids_[i].data() : nullptr;
      cells_[i] = {presence_[i].data(), ids, numbers_[i].data(), starts_[i].data(), spanEnds_[i].data()};
    }
  }

  size_t scan(JsonScanner& scanner) {
    return scanner.scan({bytes_.get(), length_, ends_.data(), nulls_.data(), status.size()}, cells_,
                        status.data());
  }

  std::vector<uint8_t> status;

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t length_ = 0;
  std::vector<uint32_t> ends_;
  std::vector<uint8_t> nulls_;
  std::vector<std::vector<uint8_t>> presence_;
  std::vector<std::vector<int32_t>> ids_;
  std::vector<std::vector<double>> numbers_;
  std::vector<std::vector<uint32_t>> starts_, spanEnds_;
  std::vector<Cells> cells_;
};

}  // namespace

int main(int, char** args) {
  const size_t rows = std::strtoul(args[1], nullptr, 10);
  JsonScanner scanner(kFields);
  size_t read = 0, left = 0, different = 0;
  for (size_t at = 0; at < rows; at += kRowsPerBatch) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < kRowsPerBatch; i++) texts.push_back(broken());
    Batch batch(texts);
    const size_t leftHere = batch.scan(scanner);
    left += leftHere;
    read += kRowsPerBatch - leftHere;
    // A row comes out as it does alone, by a scanner that has met no other.
    const size_t one = below(kRowsPerBatch);
    JsonScanner fresh(kFields);
    Batch alone({texts[one]});
    alone.scan(fresh);
    different += alone.status[0] != batch.status[one];
    if (scanner.dictionary(1).size() > 10'000) scanner.dictionary(1).clear();
  }
  std::printf("%zu read, %zu left, %zu different alone\n", read, left, different);
  return different == 0 ? 0 : 1;
}
