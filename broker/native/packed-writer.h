// Produces the packed rows of a worker to one topic, a batch a call, and counts them until they are
// acknowledged.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "client-registry.h"
#include "waker.h"

namespace millrace {

/** The columns of packed rows, as broker/record-batch.ts lays them out. */
struct PackedRows {
  const uint8_t* bytes;
  const uint32_t* ends;
  const uint8_t* nulls;
  const double* timestamps;
  size_t count;
};

class PackedWriter : public Resource {
 public:
  /** @returns nullptr when the client is being destroyed or cannot write to the topic. */
  static std::unique_ptr<PackedWriter> open(std::shared_ptr<Client> client, const std::string& topic,
                                            std::shared_ptr<Waker> waker);
  ~PackedWriter() override { close(); }

  /** Counts rows as taken, before they are produced. @returns the epoch they belong to. */
  int reserve(size_t rows);
  /**
   * Hands reserved rows to librdkafka, which copies them, from row `from` on. A row that it refuses for
   * good is dropped and kept as the producer's failure.
   * @returns the first row not taken, since the queue is full, or the count; -1 when the client is gone.
   */
  int64_t produce(const PackedRows& rows, size_t from, int32_t partition, int epoch);
  /** Bytes that librdkafka has taken and the broker has not acknowledged. */
  int64_t bytesInFlight() const { return flight_->bytes.load(); }
  /** Rows that were reserved and not produced are abandoned. */
  void close();

 protected:
  void release() override;

 private:
  PackedWriter(std::shared_ptr<Client> client, rd_kafka_topic_t* topic, Flight* flight)
      : client_(std::move(client)), topic_(topic), flight_(flight) {}
  rd_kafka_resp_err_t produceRow(const PackedRows& rows, size_t row, int32_t partition, void* tag,
                                 bool& isAcknowledged);

  const std::shared_ptr<Client> client_;
  rd_kafka_topic_t* topic_;
  Flight* const flight_;
  int64_t reserved_[2] = {};
};

}  // namespace millrace
