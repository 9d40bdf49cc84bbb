// Scanners and their dictionaries belong to a thread each; the rows are shared.
#include <memory>

#include "../../../broker/native/json-scanner.h"
#include "shared-parts.h"

using millrace::Cells;
using millrace::Field;
using millrace::FieldType;
using millrace::JsonScanner;

namespace {

constexpr size_t kRows = 600;

struct Columns {
  std::vector<uint8_t> presence = std::vector<uint8_t>(kRows);
  std::vector<int32_t> ids = std::vector<int32_t>(kRows);
  std::vector<double> numbers = std::vector<double>(kRows);
  std::vector<uint32_t> starts = std::vector<uint32_t>(kRows);
  std::vector<uint32_t> ends = std::vector<uint32_t>(kRows);
};

}  // namespace

void scenarios::scanners() {
  constexpr int kThreads = 4;
  constexpr int kRounds = 12;
  const std::vector<Field> fields = {{"id", FieldType::kString, false, false},
                                     {"type", FieldType::kInterned, false, false},
                                     {"at", FieldType::kDateTime, false, false},
                                     {"units", FieldType::kNumber, true, true}};
  std::string bytes;
  std::vector<uint32_t> ends;
  for (size_t row = 0; row < kRows; row++) {
    ends.push_back(static_cast<uint32_t>(bytes.size()));
    bytes += R"({"id":")" + std::to_string(row) + R"(","type":"kind )" + std::to_string(row % 97) +
             R"(","at":"2019-02-28T23:59:59.)" + std::to_string(100 + row % 900) + R"(","units":)" +
             std::to_string(row) + R"(.5e2,"other":[{"a":"\u00e9"},null]})";
    ends.insert(ends.end(), 2, static_cast<uint32_t>(bytes.size()));
  }
  const std::vector<uint8_t> nulls(kRows, 0);
  Threads threads;
  for (int thread = 0; thread < kThreads; thread++) {
    threads.add([&, thread] {
      JsonScanner scanner(fields);
      std::vector<Columns> columns(fields.size());
      std::vector<Cells> cells;
      for (Columns& column : columns) {
        cells.push_back({column.presence.data(), column.ids.data(), column.numbers.data(),
                         column.starts.data(), column.ends.data()});
      }
      cells[0].ids = cells[2].ids = cells[3].ids = nullptr;
      std::vector<uint8_t> status(kRows);
      for (int round = 0; round < kRounds; round++) {
        const size_t left = scanner.scan(
            {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), ends.data(), nulls.data(), kRows},
            cells, status.data());
        check(left == 0, "every row is read");
        check(scanner.dictionary(1).size() == 97, "a text has one id");
        check(columns[1].ids[kRows - 1] == static_cast<int32_t>((kRows - 1) % 97), "ids are a scanner's own");
        if (round % 4 == thread) scanner.dictionary(1).clear();
      }
    });
  }
}
