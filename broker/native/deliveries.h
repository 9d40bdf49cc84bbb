// Which rows of a producer are not acknowledged yet, per commit epoch, and the first that failed. Two
// epochs are enough: the next begins only when nothing is left of the one before the last.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "librdkafka.h"
#include "waker.h"

namespace millrace {

class Client;

/** The rows of one writer that are on their way. Aligned, since the epoch is a bit of its address. */
struct alignas(16) Flight {
  explicit Flight(Client* of) : client(of) {}
  Client* const client;
  std::atomic<int64_t> rows[2] = {};
  std::atomic<int64_t> bytes{0};
  /** Set when the queue was full: the next acknowledgement tells the writer. */
  std::atomic<bool> wantsRoom{false};
  std::shared_ptr<Waker> waker;
};

/** A row that could not be delivered. */
struct DeliveryFailure {
  rd_kafka_resp_err_t code;
  std::string text;
  std::string topic;
  int32_t partition;
};

/** What one producer has sent. */
class Deliveries {
 public:
  explicit Deliveries(Client* client) : client_(client) {}

  /** Where a new writer counts; it lives as long as the client. */
  Flight* open(std::shared_ptr<Waker> waker);

  /** The epoch, 0 or 1, in which rows are counted now. */
  int epoch() const { return epoch_.load(); }
  /** Begins the other epoch. @returns the one that ended. */
  int turn();
  /** Rows of an epoch that are neither acknowledged nor failed. */
  int64_t inFlight(int epoch);

  /** Keeps the first failure, and counts all. */
  void fail(rd_kafka_resp_err_t code, const char* text, const char* topic, int32_t partition);
  /** @returns nullptr when all went well; valid until they are forgotten. */
  const DeliveryFailure* failure();

  /** How many rows could not be delivered so far, by topic. */
  std::map<std::string, int64_t> errors();

  /** Rows that were taken, but whose writer was gone before they could be sent. */
  void abandon(int64_t rows) { abandoned_ += rows; }
  /** How many those are since the last call. */
  int64_t takeAbandoned() { return abandoned_.exchange(0); }
  /** Forgets both, after the transaction that they belonged to was undone. */
  void forgetFailures();

  /** What a row carries to its acknowledgement. */
  static void* tagOf(Flight* flight, int epoch) {
    return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(flight) | static_cast<uintptr_t>(epoch));
  }
  static rd_kafka_resp_err_t onAcknowledgement(rd_kafka_t*, rd_kafka_message_t* message, void*);
  /** Acknowledgements that this thread has seen: one may come from within a call that produces. */
  static uint64_t seenByThisThread();

 private:
  Client* const client_;
  std::atomic<int> epoch_{0};
  std::atomic<int64_t> abandoned_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Flight>> flights_;
  std::unique_ptr<DeliveryFailure> failure_;
  std::map<std::string, int64_t> errors_;
};

}  // namespace millrace
