#include "packed-writer.h"

#include "packed-headers.h"

namespace millrace {
namespace {

constexpr uint8_t kNullKey = 1;
constexpr uint8_t kNullValue = 2;
constexpr size_t kEndsPerRow = 3;

/** librdkafka takes 0 for "now"; what is no time at all becomes the first, too. */
int64_t timestampOf(double timestampMs) { return timestampMs >= 1 ? static_cast<int64_t>(timestampMs) : 1; }

}  // namespace

std::unique_ptr<PackedWriter> PackedWriter::open(std::shared_ptr<Client> client, const std::string& topic,
                                                 std::shared_ptr<Waker> waker) {
  Inside inside(*client);
  if (!inside) return nullptr;
  rd_kafka_topic_t* handle = librdkafka()->rd_kafka_topic_new(client->handle(), topic.c_str(), nullptr);
  if (handle == nullptr) return nullptr;
  Flight* flight = client->deliveries.open(std::move(waker));
  std::unique_ptr<PackedWriter> writer(new PackedWriter(client, handle, flight));
  client->attach(writer.get());
  return writer;
}

int PackedWriter::reserve(size_t rows) {
  const int epoch = client_->deliveries.epoch();
  const auto count = static_cast<int64_t>(rows);
  reserved_[epoch] += count;
  flight_->rows[epoch] += count;
  return epoch;
}

int64_t PackedWriter::produce(const PackedRows& rows, size_t from, int32_t partition, int epoch) {
  Inside inside(*client_);
  if (!inside || topic_ == nullptr) return -1;
  void* tag = Deliveries::tagOf(flight_, epoch);
  size_t row = from;
  for (; row < rows.count; row++) {
    bool isAcknowledged = false;
    const rd_kafka_resp_err_t error = produceRow(rows, row, partition, tag, isAcknowledged);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || isAcknowledged) continue;
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
    client_->deliveries.fail(error, librdkafka()->rd_kafka_err2str(error),
                             librdkafka()->rd_kafka_topic_name(topic_), partition);
    flight_->rows[epoch] -= 1;
  }
  reserved_[epoch] -= static_cast<int64_t>(row - from);
  if (row < rows.count) flight_->wantsRoom = true;
  return static_cast<int64_t>(row);
}

rd_kafka_resp_err_t PackedWriter::produceRow(const PackedRows& rows, size_t row, int32_t partition, void* tag,
                                             bool& isAcknowledged) {
  const Librdkafka& lib = *librdkafka();
  const uint32_t* ends = rows.ends + kEndsPerRow * row;
  const uint32_t start = row == 0 ? 0 : ends[-1];
  const bool hasKey = (rows.nulls[row] & kNullKey) == 0;
  const bool hasValue = (rows.nulls[row] & kNullValue) == 0;
  // An empty key or value is a pointer to no bytes, a null one is no pointer.
  const void* key = hasKey ? rows.bytes + start : nullptr;
  const void* value = hasValue ? rows.bytes + ends[0] : nullptr;
  const size_t keyLength = hasKey ? ends[0] - start : 0;
  const size_t valueLength = hasValue ? ends[1] - ends[0] : 0;
  rd_kafka_headers_t* headers = unpackHeaders(rows.bytes + ends[1], ends[2] - ends[1]);
  // Counted before: the acknowledgement may come before the call returns.
  const auto length = static_cast<int64_t>(keyLength + valueLength);
  flight_->bytes += length;
  const uint64_t seen = Deliveries::seenByThisThread();
  const rd_kafka_resp_err_t error = lib.rd_kafka_producev(
      client_->handle(), RD_KAFKA_VTYPE_RKT, topic_, RD_KAFKA_VTYPE_PARTITION, partition,
      RD_KAFKA_VTYPE_MSGFLAGS, static_cast<int>(RD_KAFKA_MSG_F_COPY), RD_KAFKA_VTYPE_KEY, key, keyLength,
      RD_KAFKA_VTYPE_VALUE, value, valueLength, RD_KAFKA_VTYPE_TIMESTAMP, timestampOf(rows.timestamps[row]),
      RD_KAFKA_VTYPE_OPAQUE, tag, RD_KAFKA_VTYPE_HEADERS, headers, RD_KAFKA_VTYPE_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return error;
  if (headers != nullptr) lib.rd_kafka_headers_destroy(headers);
  // Some refusals come as an acknowledgement too: then the row has been counted out.
  isAcknowledged = Deliveries::seenByThisThread() != seen;
  if (!isAcknowledged) flight_->bytes -= length;
  return error;
}

void PackedWriter::close() {
  client_->detach(this);
  // A commit that sees the count fall must see why: it is written first.
  client_->deliveries.abandon(reserved_[0] + reserved_[1]);
  for (int epoch = 0; epoch < 2; epoch++) {
    flight_->rows[epoch] -= reserved_[epoch];
    reserved_[epoch] = 0;
  }
}

void PackedWriter::release() {
  librdkafka()->rd_kafka_topic_destroy(topic_);
  topic_ = nullptr;
}

}  // namespace millrace
