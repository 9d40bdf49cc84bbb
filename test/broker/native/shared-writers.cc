// Workers that produce while a producer acknowledges and commits begin new epochs.
#include <atomic>
#include <memory>

#include "../../../broker/native/client-registry.h"
#include "../../../broker/native/packed-writer.h"
#include "fakes/node-api.h"
#include "shared-parts.h"

using millrace::Deliveries;
using millrace::findClient;
using millrace::PackedRows;
using millrace::PackedWriter;
using millrace::Waker;
using scenarios::check;
using scenarios::waitUntil;

namespace {

constexpr size_t kRowsPerBatch = 40;

/** Rows with a key, a value and a header each; every fourth has a null key, every third no value. */
class Rows {
 public:
  Rows() {
    const std::string header("\x01\0\0\0h\x02\0\0\0xy", 11);
    for (size_t row = 0; row < kRowsPerBatch; row++) {
      const bool hasKey = row % 4 != 0;
      const bool hasValue = row % 3 != 0;
      if (hasKey) bytes_ += "key";
      ends_.push_back(static_cast<uint32_t>(bytes_.size()));
      if (hasValue) bytes_.append(row, 'v');
      ends_.push_back(static_cast<uint32_t>(bytes_.size()));
      if (row % 5 == 0) bytes_ += header;
      ends_.push_back(static_cast<uint32_t>(bytes_.size()));
      nulls_.push_back(static_cast<uint8_t>((hasKey ? 0 : 1) | (hasValue ? 0 : 2)));
      timestamps_.push_back(static_cast<double>(row));
    }
  }
  PackedRows packed() const {
    return {reinterpret_cast<const uint8_t*>(bytes_.data()), ends_.data(), nulls_.data(), timestamps_.data(),
            kRowsPerBatch};
  }

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
  std::vector<uint8_t> nulls_;
  std::vector<double> timestamps_;
};

/** Begins epoch after epoch, as commits do, while writers are at work. */
void commitUntil(Deliveries& deliveries, const std::atomic<int>& working) {
  int epoch = 0;
  while (working > 0) {
    waitUntil("nothing is left of the epoch before", [&] { return deliveries.inFlight(1 - epoch) == 0; });
    const int ended = deliveries.turn();
    check(ended == epoch, "epochs take turns");
    waitUntil("an epoch lands", [&] { return deliveries.inFlight(ended) == 0; });
    deliveries.failure();
    epoch = 1 - ended;
  }
}

/** Writers of one producer, each row of which is acknowledged or, each so many one, refused for good. */
void write(size_t refusesEach) {
  constexpr int kWriters = 3;
  constexpr int kBatches = 120;
  napi_env__ env;
  std::atomic<int64_t> woken{0};
  FakeFunction wake = [&woken] { woken += 1; };
  const int32_t waker = Waker::open(&env, napi_env__::toValue(&wake));
  fake::ClientOptions options = {RD_KAFKA_PRODUCER, "writers"};
  options.rowsMax = 100;
  options.refusesEach = refusesEach;
  rd_kafka_t* rk = fake::open(options, conf_init);
  auto client = findClient("writers");
  std::atomic<int> working{kWriters};
  scenarios::Threads threads;
  for (int number = 0; number < kWriters; number++) {
    threads.add([&, number] {
      const Rows rows;
      const auto writer = PackedWriter::open(client, "topic", Waker::find(waker));
      for (int batch = 0; batch < kBatches; batch++) {
        const int epoch = writer->reserve(kRowsPerBatch);
        int64_t next = 0;
        while (next < static_cast<int64_t>(kRowsPerBatch)) {
          next = writer->produce(rows.packed(), static_cast<size_t>(next), number, epoch);
          check(next >= 0, "the client is there");
          if (next < static_cast<int64_t>(kRowsPerBatch)) std::this_thread::yield();
        }
      }
      waitUntil("all bytes are acknowledged", [&] { return writer->bytesInFlight() == 0; });
      // What is reserved and never produced is abandoned.
      writer->reserve(7);
      writer->close();
      working -= 1;
    });
  }
  threads.add([&] { commitUntil(client->deliveries, working); });
  while (working > 0) env.turn(std::chrono::milliseconds(1));
  threads.join();
  check(client->deliveries.inFlight(0) == 0 && client->deliveries.inFlight(1) == 0,
        "every row is counted out");
  check(client->deliveries.takeAbandoned() == 7 * kWriters, "abandoned rows are counted");
  const bool hasFailed = client->deliveries.failure() != nullptr;
  check(hasFailed == (refusesEach > 0), "rows that were refused are a failure, and nothing else is");
  check(fake::takenRows(rk) == kWriters * kBatches * static_cast<int64_t>(kRowsPerBatch),
        "all are taken once");
  check(woken > 0, "a writer that found the queue full is told of room");
  fake::destroy(rk);
}

}  // namespace

void scenarios::writers() {
  write(0);
  write(997);
}

void scenarios::failures() {
  constexpr int kRounds = 150;
  const Rows rows;
  for (int round = 0; round < kRounds; round++) {
    fake::ClientOptions options = {RD_KAFKA_PRODUCER, "failures"};
    options.failsEach = kRowsPerBatch;
    rd_kafka_t* rk = fake::open(options, conf_init);
    auto client = findClient("failures");
    std::atomic<bool> isReserved{false};
    Threads threads;
    threads.add([&] {
      const auto writer = PackedWriter::open(client, "topic", nullptr);
      const int epoch = writer->reserve(kRowsPerBatch);
      isReserved = true;
      check(writer->produce(rows.packed(), 0, 0, epoch) == kRowsPerBatch, "all rows find room");
    });
    waitUntil("rows are reserved", [&] { return isReserved.load(); });
    const int ended = client->deliveries.turn();
    waitUntil("the epoch lands", [&] { return client->deliveries.inFlight(ended) == 0; });
    // A commit looks once, right here.
    const auto* failure = client->deliveries.failure();
    check(failure != nullptr && failure->topic == "topic", "a failure is seen when its row is counted out");
    threads.join();
    fake::destroy(rk);
  }
}
