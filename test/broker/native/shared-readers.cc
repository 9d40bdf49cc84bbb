// Workers that poll partitions and wait to be woken, while rows come in.
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "../../../broker/native/client-registry.h"
#include "../../../broker/native/partition-reader.h"
#include "fakes/node-api.h"
#include "shared-parts.h"
#include "shared-room.h"

using millrace::findClient;
using millrace::PartitionReader;
using millrace::PollOutcome;
using millrace::Waker;
using scenarios::check;
using scenarios::Room;

namespace {

/** A worker's wait, as the main thread ends it. */
class Wait {
 public:
  void wake() {
    std::lock_guard<std::mutex> lock(mutex_);
    isWoken_ = true;
    woken_.notify_one();
  }
  bool wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(20);
    const bool isWoken = woken_.wait_until(lock, deadline, [this] { return isWoken_; });
    isWoken_ = false;
    return isWoken;
  }

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  bool isWoken_ = false;
};

/** Polls partitions in turn and waits when there was nothing, until it has
 * `rows` of each. */
void readAll(const std::shared_ptr<millrace::Client> &client, const std::vector<int32_t> &partitions,
             int32_t waker, Wait &wait, int64_t rows) {
  std::vector<std::unique_ptr<PartitionReader>> readers;
  std::vector<int64_t> next(partitions.size(), 0);
  for (const int32_t partition : partitions) {
    readers.push_back(PartitionReader::open(client, {"topic", partition, 0}, Waker::find(waker)));
  }
  auto room = std::make_unique<Room>();
  for (size_t done = 0; done < readers.size();) {
    size_t found = 0;
    for (size_t i = 0; i < readers.size(); i++) {
      const PollOutcome outcome = readers[i]->poll(room->columns());
      check(!outcome.isClosed, "the client is there");
      found += outcome.rows;
      for (size_t row = 0; row < outcome.rows; row++) {
        check(static_cast<int64_t>(room->offsets[row]) == next[i]++, "rows come in their order");
      }
      if (outcome.rows > 0 && next[i] == rows) done += 1;
    }
    if (found == 0) check(wait.wait(), "a worker that waits is woken by the rows that come");
  }
}

/** Rows come one at a time, each when its worker has taken the one before and
 * goes to wait. */
void wakeEachTime() {
  constexpr int64_t kRows = 3'000;
  napi_env__ env;
  Wait wait;
  FakeFunction wake = [&wait] { wait.wake(); };
  const int32_t waker = Waker::open(&env, napi_env__::toValue(&wake));
  rd_kafka_t *rk = scenarios::consumer("one-by-one");
  const auto client = findClient("one-by-one");
  std::atomic<int64_t> taken{0};
  scenarios::Threads threads;
  threads.add([&] {
    const auto reader = PartitionReader::open(client, {"topic", 0, 0}, Waker::find(waker));
    auto room = std::make_unique<Room>();
    while (taken < kRows) {
      const PollOutcome outcome = reader->poll(room->columns());
      taken += static_cast<int64_t>(outcome.rows);
      if (outcome.rows == 0) check(wait.wait(), "a worker is woken, however late it went to wait");
    }
  });
  threads.add([&] {
    for (int64_t sent = 0; sent < kRows; sent++) {
      while (taken < sent) std::this_thread::yield();
      for (volatile int64_t spins = 0; spins < (sent * 7) % 400; spins = spins + 1) {
      }
      fake::fetch(rk, "topic", 0, 1);
    }
  });
  while (taken < kRows) env.turn(std::chrono::milliseconds(1));
  threads.join();
  fake::destroy(rk);
}

/** Rows go on coming for a reader that is closed, and then its waker is, too.
 */
void comeTooLate() {
  constexpr int kRounds = 100;
  napi_env__ env;
  FakeFunction wake = [] {};
  rd_kafka_t *rk = scenarios::consumer("too-late");
  const auto client = findClient("too-late");
  std::atomic<bool> isOver{false};
  scenarios::Threads fetching;
  fetching.add([&] {
    auto room = std::make_unique<Room>();
    while (!isOver) {
      fake::fetch(rk, "topic", 0, 1);
      PartitionReader::open(client, {"topic", 0, 0}, nullptr)->poll(room->columns());
    }
  });
  for (int round = 0; round < kRounds; round++) {
    const int32_t waker = Waker::open(&env, napi_env__::toValue(&wake));
    scenarios::Threads worker;
    worker.add([&] {
      const auto reader = PartitionReader::open(client, {"topic", 0, 0}, Waker::find(waker));
      auto room = std::make_unique<Room>();
      for (int polls = 0; polls < round; polls++) reader->poll(room->columns());
    });
    worker.join();
    Waker::close(waker);
    env.turn(std::chrono::milliseconds(0));
  }
  isOver = true;
  fetching.join();
  fake::destroy(rk);
}

/** The main thread holds a worker that reads and moves the client back: nothing
 * is missed or comes twice. */
void holdWhileReading() {
  constexpr int kRounds = 300;
  constexpr int64_t kRows = kRounds * 20;
  napi_env__ env;
  Wait wait;
  FakeFunction wake = [&wait] { wait.wake(); };
  const int32_t waker = Waker::open(&env, napi_env__::toValue(&wake));
  rd_kafka_t *rk = scenarios::consumer("held");
  const auto client = findClient("held");
  std::atomic<int64_t> taken{0};
  std::atomic<bool> isOpen{false};
  scenarios::Threads worker;
  worker.add([&] {
    const auto reader = PartitionReader::open(client, {"topic", 0, 0}, Waker::find(waker));
    isOpen = true;
    auto room = std::make_unique<Room>();
    while (taken < kRows) {
      const PollOutcome outcome = reader->poll(room->columns());
      for (size_t row = 0; row < outcome.rows; row++) {
        check(static_cast<int64_t>(room->offsets[row]) == taken++, "rows come once and in their order");
      }
      if (outcome.rows == 0) check(wait.wait(), "a worker that was held is woken");
    }
  });
  scenarios::waitUntil("the reader is open", [&] { return isOpen.load(); });
  for (int round = 0; round < kRounds; round++) {
    fake::fetch(rk, "topic", 0, kRows / kRounds);
    const auto positions = PartitionReader::holdAll(*client);
    check(positions.size() == 1, "the reader is held");
    const int64_t at = positions[0].offset;
    // What was given in a poll is counted by the worker a moment later.
    scenarios::waitUntil("it stands at what it has given", [&] { return taken == at; });
    fake::seek(rk, "topic", 0, at - at % 7);
    std::this_thread::sleep_for(std::chrono::microseconds(round % 3 * 100));
    check(taken == at, "nothing comes while it is held");
    PartitionReader::letAllGo(*client);
    env.turn(std::chrono::milliseconds(0));
  }
  while (taken < kRows) env.turn(std::chrono::milliseconds(1));
  worker.join();
  fake::destroy(rk);
}

void readTogether() {
  constexpr int kWorkers = 2;
  constexpr int32_t kPartitionsEach = 2;
  constexpr int64_t kRows = 6'000;
  napi_env__ env;
  Wait waits[kWorkers];
  std::vector<FakeFunction> wakes;
  for (Wait &wait : waits) wakes.push_back([&wait] { wait.wake(); });
  rd_kafka_t *rk = scenarios::consumer("readers");
  const auto client = findClient("readers");
  std::atomic<int> working{kWorkers};
  scenarios::Threads workers, fetchers;
  for (int number = 0; number < kWorkers; number++) {
    const int32_t waker = Waker::open(&env, napi_env__::toValue(&wakes[static_cast<size_t>(number)]));
    workers.add([&, number, waker] {
      const int32_t first = number * kPartitionsEach;
      readAll(client, {first, first + 1}, waker, waits[number], kRows);
      working -= 1;
    });
  }
  for (int32_t partition = 0; partition < kWorkers * kPartitionsEach; partition++) {
    fetchers.add([rk, partition] {
      for (int64_t sent = 0; sent < kRows;) {
        const int64_t count = std::min<int64_t>(kRows - sent, 1 + sent % 17);
        fake::fetch(rk, "topic", partition, count);
        sent += count;
        // Now and then a worker has read all there is before more comes.
        if (sent % 5 == 0) std::this_thread::sleep_for(std::chrono::microseconds(sent % 300));
      }
    });
  }
  while (working > 0) env.turn(std::chrono::milliseconds(1));
  workers.join();
  fetchers.join();
  fake::destroy(rk);
}

}  // namespace

void scenarios::readers() {
  readTogether();
  wakeEachTime();
  holdWhileReading();
  comeTooLate();
}
