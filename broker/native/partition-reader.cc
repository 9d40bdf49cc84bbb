#include "partition-reader.h"

#include <cstring>

#include "packed-headers.h"

namespace millrace {
namespace {

// The bits of broker/record-batch.ts.
constexpr uint8_t kNullKey = 1;
constexpr uint8_t kNullValue = 2;
constexpr size_t kEndsPerRow = 3;

size_t copy(uint8_t* to, const void* from, size_t length) {
  if (length > 0) memcpy(to, from, length);
  return length;
}

/** Writes key, value and headers; `ends` count from `base`. */
void writeRow(const rd_kafka_message_t& message, const rd_kafka_headers_t* headers, uint8_t* to, size_t base,
              uint32_t* ends) {
  size_t at = copy(to, message.key, message.key_len);
  ends[0] = static_cast<uint32_t>(base + at);
  at += copy(to + at, message.payload, message.len);
  ends[1] = static_cast<uint32_t>(base + at);
  if (headers != nullptr) at += packHeaders(headers, to + at);
  ends[2] = static_cast<uint32_t>(base + at);
}

uint8_t nullsOf(const rd_kafka_message_t& message) {
  return static_cast<uint8_t>((message.key == nullptr ? kNullKey : 0) |
                              (message.payload == nullptr ? kNullValue : 0));
}

double timestampOf(const rd_kafka_message_t& message) {
  return static_cast<double>(librdkafka()->rd_kafka_message_timestamp(&message, nullptr));
}

/** The end of a transaction takes an offset; it comes as a record of nothing, not even a time. */
bool isControlRecord(const rd_kafka_message_t& message) {
  if (message.key != nullptr || message.payload != nullptr) return false;
  rd_kafka_timestamp_type_t type;
  librdkafka()->rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
}

}  // namespace

/** A poll under way. */
struct PartitionReader::Polling {
  PartitionReader& reader;
  const BatchColumns& columns;
  PollOutcome outcome;

  bool isFull() const { return outcome.hasLeft || outcome.rows == columns.rowsMax; }
  void count(uint8_t nulls, double timestamp, double offset) {
    const size_t row = outcome.rows;
    columns.nulls[row] = nulls;
    columns.timestamps[row] = timestamp;
    columns.offsets[row] = offset;
    reader.position_.offset = static_cast<int64_t>(offset) + 1;
    outcome.bytes = columns.ends[kEndsPerRow * row + kEndsPerRow - 1];
    outcome.rows = row + 1;
    outcome.endOfPartition = -1;
  }
};

bool PartitionReader::split(Client& client, const std::string& topic, int32_t partition) {
  Inside inside(client);
  if (!inside) return false;
  const Librdkafka& lib = *librdkafka();
  rd_kafka_queue_t* queue = lib.rd_kafka_queue_get_partition(client.handle(), topic.c_str(), partition);
  if (queue == nullptr) return false;
  lib.rd_kafka_queue_forward(queue, nullptr);
  lib.rd_kafka_queue_destroy(queue);
  return true;
}

std::unique_ptr<PartitionReader> PartitionReader::open(std::shared_ptr<Client> client,
                                                       const ReaderPosition& from,
                                                       std::shared_ptr<Waker> waker) {
  Inside inside(*client);
  if (!inside) return nullptr;
  const Librdkafka& lib = *librdkafka();
  rd_kafka_queue_t* queue =
      lib.rd_kafka_queue_get_partition(client->handle(), from.topic.c_str(), from.partition);
  if (queue == nullptr) return nullptr;
  std::unique_ptr<PartitionReader> reader(new PartitionReader(client, from, std::move(waker)));
  reader->queue_ = queue;
  client->attach(reader.get());
  if (reader->waker_ != nullptr) {
    lib.rd_kafka_queue_cb_event_enable(queue, onRows, reader->waker_.get());
  }
  return reader;
}

PartitionReader::PartitionReader(std::shared_ptr<Client> client, const ReaderPosition& from,
                                 std::shared_ptr<Waker> waker)
    : client_(std::move(client)), waker_(std::move(waker)), position_(from) {}

std::vector<ReaderPosition> PartitionReader::holdAll(Client& client) {
  std::vector<ReaderPosition> positions;
  client.each([&positions](Resource& resource) {
    PartitionReader* reader = resource.asReader();
    if (reader == nullptr) return;
    std::lock_guard<std::mutex> lock(reader->mutex_);
    reader->isHeld_ = true;
    // It comes again.
    reader->left_.reset();
    positions.push_back(reader->position_);
  });
  return positions;
}

void PartitionReader::letAllGo(Client& client) {
  client.each([](Resource& resource) {
    PartitionReader* reader = resource.asReader();
    if (reader == nullptr) return;
    std::lock_guard<std::mutex> lock(reader->mutex_);
    reader->isHeld_ = false;
    // Rows may have come meanwhile, and found a worker that looked in vain.
    if (reader->waker_ != nullptr) reader->waker_->signal();
  });
}

// Called under the queue's lock, so none is under way once the callback has been taken back.
void PartitionReader::onRows(rd_kafka_t*, void* waker) { static_cast<Waker*>(waker)->signalRows(); }

void PartitionReader::release() {
  const Librdkafka& lib = *librdkafka();
  if (waker_ != nullptr) lib.rd_kafka_queue_cb_event_enable(queue_, nullptr, nullptr);
  lib.rd_kafka_queue_destroy(queue_);
  queue_ = nullptr;
}

PollOutcome PartitionReader::poll(const BatchColumns& columns) {
  Polling polling{*this, columns, {}};
  PollOutcome& outcome = polling.outcome;
  Inside inside(*client_);
  std::lock_guard<std::mutex> lock(mutex_);
  outcome.isClosed = !inside || queue_ == nullptr;
  if (!outcome.isClosed && !isHeld_) pollUnlessHeld(polling);
  return outcome;
}

// Not rd_kafka_consume_batch_queue: that takes the end of a partition for a record, and where a rebalance
// pauses the partition next, its first new record is skipped (seen with 2.12).
void PartitionReader::pollUnlessHeld(Polling& polling) {
  PollOutcome& outcome = polling.outcome;
  if (left_ != nullptr && !giveLeft(polling)) return;
  const Librdkafka& lib = *librdkafka();
  // Before the look: rows that come after it are signalled.
  if (waker_ != nullptr) waker_->arm();
  if (!polling.isFull()) lib.rd_kafka_consume_callback_queue(queue_, 0, onMessage, &polling);
  if (outcome.endOfPartition > position_.offset) position_.offset = outcome.endOfPartition;
  if (outcome.rows == 0) return;
  if (waker_ != nullptr) waker_->disarm();
  int64_t low = -1;
  int64_t high = -1;
  const auto known = lib.rd_kafka_get_watermark_offsets(client_->handle(), position_.topic.c_str(),
                                                        position_.partition, &low, &high);
  if (known == RD_KAFKA_RESP_ERR_NO_ERROR) outcome.highWatermark = high;
}

void PartitionReader::onMessage(rd_kafka_message_t* message, void* data) {
  auto& polling = *static_cast<Polling*>(data);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    polling.reader.hear(*message, polling.outcome);
  } else if (!isControlRecord(*message) && message->offset >= polling.reader.position_.offset) {
    polling.reader.take(*message, polling);
    // What is at hand goes back to the queue's head.
    if (polling.isFull()) librdkafka()->rd_kafka_yield(polling.reader.client_->handle());
  }
}

void PartitionReader::take(const rd_kafka_message_t& message, Polling& polling) {
  rd_kafka_headers_t* headers = nullptr;
  librdkafka()->rd_kafka_message_headers(&message, &headers);
  const size_t length = message.key_len + message.len + (headers == nullptr ? 0 : packedLength(headers));
  const BatchColumns& columns = polling.columns;
  PollOutcome& outcome = polling.outcome;
  if (outcome.bytes + length > columns.bytesLength) {
    keep(message, headers, length);
    outcome.hasLeft = true;
    if (outcome.rows == 0) outcome.bytesNeeded = length;
    return;
  }
  writeRow(message, headers, columns.bytes + outcome.bytes, outcome.bytes,
           columns.ends + kEndsPerRow * outcome.rows);
  polling.count(nullsOf(message), timestampOf(message), static_cast<double>(message.offset));
}

void PartitionReader::keep(const rd_kafka_message_t& message, rd_kafka_headers_t* headers, size_t length) {
  left_ = std::make_unique<LeftRow>();
  left_->bytes.resize(length);
  writeRow(message, headers, left_->bytes.data(), 0, left_->ends);
  left_->nulls = nullsOf(message);
  left_->timestamp = timestampOf(message);
  left_->offset = static_cast<double>(message.offset);
}

/** Gives the row that was kept, before all others. @returns false when there is no room for it again. */
bool PartitionReader::giveLeft(Polling& polling) {
  const size_t length = left_->bytes.size();
  if (length > polling.columns.bytesLength) {
    polling.outcome.hasLeft = true;
    polling.outcome.bytesNeeded = length;
    return false;
  }
  copy(polling.columns.bytes, left_->bytes.data(), length);
  memcpy(polling.columns.ends, left_->ends, sizeof left_->ends);
  polling.count(left_->nulls, left_->timestamp, left_->offset);
  left_.reset();
  return true;
}

void PartitionReader::hear(const rd_kafka_message_t& message, PollOutcome& outcome) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    outcome.endOfPartition = message.offset;
  } else if (outcome.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    outcome.error = message.err;
    // Where a record is an error, its value is the text.
    errorText_ = message.payload == nullptr
                     ? librdkafka()->rd_kafka_err2str(message.err)
                     : std::string(static_cast<const char*>(message.payload), message.len);
  }
}

}  // namespace millrace
