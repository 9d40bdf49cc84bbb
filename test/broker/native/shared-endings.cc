// Clients that end while workers read and write.
#include <atomic>
#include <memory>

#include "../../../broker/native/client-registry.h"
#include "../../../broker/native/packed-writer.h"
#include "../../../broker/native/partition-reader.h"
#include "fakes/node-api.h"
#include "shared-parts.h"
#include "shared-room.h"

using millrace::findClient;
using millrace::PackedWriter;
using millrace::PartitionReader;
using millrace::PollOutcome;
using millrace::Waker;

void scenarios::endings() {
  constexpr int kRounds = 60;
  constexpr int kWorkers = 3;
  napi_env__ env;
  FakeFunction wake = [] {};
  const int32_t waker = Waker::open(&env, napi_env__::toValue(&wake));
  for (int round = 0; round < kRounds; round++) {
    rd_kafka_t* consuming = consumer("ends-consumer");
    rd_kafka_t* producing = producer("ends-producer");
    const auto reads = findClient("ends-consumer");
    const auto writes = findClient("ends-producer");
    std::atomic<bool> isOver{false};
    std::atomic<int> begun{0};
    Threads workers, fetcher;
    for (int number = 0; number < kWorkers; number++) {
      workers.add([&, number] {
        auto room = std::make_unique<Room>();
        const auto reader = PartitionReader::open(reads, {"topic", number, 0}, Waker::find(waker));
        const auto writer = PackedWriter::open(writes, "topic", Waker::find(waker));
        begun += 1;
        for (bool isRead = false, isWritten = false; !isRead || !isWritten;) {
          const PollOutcome outcome = reader->poll(room->columns());
          isRead = outcome.isClosed;
          const size_t rows = outcome.rows;
          isWritten = writer->produce({room->bytes, room->ends, room->nulls, room->timestamps, rows}, 0, 0,
                                      writer->reserve(rows)) < 0;
          // Some close what they have while the client ends.
          if (number == 0 && isRead) writer->close();
          if (number == 1 && isWritten) reader->close();
        }
      });
    }
    fetcher.add([&] {
      while (!isOver) fake::fetch(consuming, "topic", round % kWorkers, 3);
    });
    waitUntil("all are at work", [&] { return begun == kWorkers; });
    env.turn(std::chrono::milliseconds(round % 3));
    fake::destroy(round % 2 == 0 ? producing : consuming, [&] {
      if (round % 2 == 0) return;
      isOver = true;
      fetcher.join();
    });
    fake::destroy(round % 2 == 0 ? consuming : producing, [&] {
      isOver = true;
      fetcher.join();
    });
    workers.join();
    check(PartitionReader::open(reads, {"topic", 0, 0}, nullptr) == nullptr,
          "a consumer that ended is not read");
    check(PackedWriter::open(writes, "topic", nullptr) == nullptr, "a producer that ended is not written");
  }
  check(millrace::clientCount() == 0, "no client is left");
}
