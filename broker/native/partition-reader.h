// Reads one partition in a worker: takes records from the partition's own queue and packs them into the
// columns of a record batch.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client-registry.h"
#include "waker.h"

namespace millrace {

/** Where the rows of a batch go; three ends a row, all other columns one. */
struct BatchColumns {
  uint8_t* bytes;
  size_t bytesLength;
  uint32_t* ends;
  uint8_t* nulls;
  double* timestamps;
  double* offsets;
  size_t rowsMax;
};

/** What a poll found. */
struct PollOutcome {
  /** The reader's client is gone, and so are its rows. */
  bool isClosed = false;
  size_t rows = 0;
  size_t bytes = 0;
  /** Not 0: the next record needs so much room alone, and there is less. */
  size_t bytesNeeded = 0;
  /** A record found no room; the next poll gives it. */
  bool hasLeft = false;
  /** The end of the partition, when everything before it has been given; else -1. */
  int64_t endOfPartition = -1;
  /** The end as the last fetch told it, or -1. */
  int64_t highWatermark = -1;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

/** Where a reader stands: the offset after all that it has given. */
struct ReaderPosition {
  std::string topic;
  int32_t partition;
  int64_t offset;
};

class PartitionReader : public Resource {
 public:
  /**
   * Makes the partition's rows wait for whoever reads them instead of going to the consumer's queue. To
   * be done before the partition is assigned; it lasts through all assignments.
   * @returns false where there is no such partition queue.
   */
  static bool split(Client& client, const std::string& topic, int32_t partition);

  /**
   * The client must stand at `from.offset`, or come to it.
   * @returns nullptr when the client is being destroyed, or is no consumer.
   */
  static std::unique_ptr<PartitionReader> open(std::shared_ptr<Client> client, const ReaderPosition& from,
                                               std::shared_ptr<Waker> waker);
  /**
   * Readers that are open give nothing until they are let go, whatever the client has at hand: it is to be
   * moved to where they stand.
   */
  static std::vector<ReaderPosition> holdAll(Client& client);
  static void letAllGo(Client& client);
  ~PartitionReader() override { close(); }
  PartitionReader* asReader() override { return this; }

  /** Packs what is at hand, without waiting. What does not fit stays for the next call. */
  PollOutcome poll(const BatchColumns& columns);
  /** What the error of the last poll says. */
  const std::string& errorText() const { return errorText_; }
  void close() { client_->detach(this); }

 protected:
  void release() override;

 private:
  /** A record that was taken from the queue and found no room. */
  struct LeftRow {
    std::vector<uint8_t> bytes;
    uint32_t ends[3];
    uint8_t nulls;
    double timestamp;
    double offset;
  };
  struct Polling;

  PartitionReader(std::shared_ptr<Client> client, const ReaderPosition& from, std::shared_ptr<Waker> waker);
  void pollUnlessHeld(Polling& polling);
  bool giveLeft(Polling& polling);
  void take(const rd_kafka_message_t& message, Polling& polling);
  void keep(const rd_kafka_message_t& message, rd_kafka_headers_t* headers, size_t length);
  void hear(const rd_kafka_message_t& message, PollOutcome& outcome);
  static void onMessage(rd_kafka_message_t* message, void* polling);
  static void onRows(rd_kafka_t*, void* waker);

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<Waker> waker_;
  /** Held while polling. Taken inside the client, which is never entered under it. */
  std::mutex mutex_;
  ReaderPosition position_;
  bool isHeld_ = false;
  rd_kafka_queue_t* queue_ = nullptr;
  std::unique_ptr<LeftRow> left_;
  std::string errorText_;
};

}  // namespace millrace
