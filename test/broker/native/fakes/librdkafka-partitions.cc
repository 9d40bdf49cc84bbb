// Partitions of the fake librdkafka: rows come into a queue, which tells of it when it was empty before,
// and are handed out by a callback that may stop in between.
#include <algorithm>

#include "librdkafka-types.h"

namespace {

thread_local bool hasYielded = false;
constexpr char kValue[] = "a value of some bytes";

}  // namespace

rd_kafka_queue_t* rd_kafka_s::queueOf(const std::string& topic, int32_t partition) {
  std::lock_guard<std::mutex> lock(mutex);
  auto& queue = partitions[{topic, partition}];
  if (queue == nullptr) {
    queue = std::make_unique<rd_kafka_queue_t>();
    queue->given = &queues;
    queue->topic = topic;
    queue->partition = partition;
  }
  return queue.get();
}

void fake::fetch(rd_kafka_t* rk, const std::string& topic, int32_t partition, int64_t count) {
  rd_kafka_queue_t* queue = rk->queueOf(topic, partition);
  std::lock_guard<std::mutex> lock(queue->mutex);
  const bool wasEmpty = queue->offsets.empty();
  for (int64_t row = 0; row < count; row++) queue->offsets.push_back(queue->end++);
  if (wasEmpty && queue->onEvent != nullptr) queue->onEvent(rk, queue->onEventOpaque);
}

void fake::seek(rd_kafka_t* rk, const std::string& topic, int32_t partition, int64_t offset) {
  rd_kafka_queue_t* queue = rk->queueOf(topic, partition);
  std::lock_guard<std::mutex> lock(queue->mutex);
  queue->offsets.clear();
  for (int64_t row = offset; row < queue->end; row++) queue->offsets.push_back(row);
}

extern "C" {

rd_kafka_queue_t* rd_kafka_queue_get_partition(rd_kafka_t* rk, const char* topic, int32_t partition) {
  if (rk->options.type != RD_KAFKA_CONSUMER) return nullptr;
  rk->queues += 1;
  return rk->queueOf(topic, partition);
}

void rd_kafka_queue_forward(rd_kafka_queue_t*, rd_kafka_queue_t*) {}
void rd_kafka_queue_destroy(rd_kafka_queue_t* queue) { *queue->given -= 1; }

void rd_kafka_queue_cb_event_enable(rd_kafka_queue_t* queue, void (*onEvent)(rd_kafka_t*, void*),
                                    void* opaque) {
  std::lock_guard<std::mutex> lock(queue->mutex);
  queue->onEvent = onEvent;
  queue->onEventOpaque = opaque;
}

void rd_kafka_yield(rd_kafka_t*) { hasYielded = true; }

int rd_kafka_consume_callback_queue(rd_kafka_queue_t* queue, int, void (*take)(rd_kafka_message_t*, void*),
                                    void* opaque) {
  std::deque<int64_t> offsets;
  {
    std::lock_guard<std::mutex> lock(queue->mutex);
    offsets.swap(queue->offsets);
  }
  hasYielded = false;
  int rows = 0;
  while (!offsets.empty() && !hasYielded) {
    rd_kafka_message_t message = {};
    message.offset = offsets.front();
    message.partition = queue->partition;
    message.payload = const_cast<char*>(kValue);
    message.len = static_cast<size_t>(message.offset) % sizeof kValue;
    offsets.pop_front();
    rows += 1;
    take(&message, opaque);
  }
  // The rest goes back to the head, and nobody is told of it.
  std::lock_guard<std::mutex> lock(queue->mutex);
  queue->offsets.insert(queue->offsets.begin(), offsets.begin(), offsets.end());
  return rows;
}

rd_kafka_resp_err_t rd_kafka_get_watermark_offsets(rd_kafka_t* rk, const char* topic, int32_t partition,
                                                   int64_t* low, int64_t* high) {
  rd_kafka_queue_t* queue = rk->queueOf(topic, partition);
  std::lock_guard<std::mutex> lock(queue->mutex);
  *low = 0;
  *high = queue->end;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int64_t rd_kafka_message_timestamp(const rd_kafka_message_t* message, rd_kafka_timestamp_type_t* type) {
  if (type != nullptr) *type = RD_KAFKA_TIMESTAMP_CREATE_TIME;
  return message->offset;
}

rd_kafka_resp_err_t rd_kafka_message_headers(const rd_kafka_message_t*, rd_kafka_headers_t**) {
  return RD_KAFKA_RESP_ERR__NOENT;
}

rd_kafka_headers_t* rd_kafka_headers_new(size_t) { return new rd_kafka_headers_t(); }
void rd_kafka_headers_destroy(rd_kafka_headers_t* headers) { delete headers; }

rd_kafka_resp_err_t rd_kafka_header_add(rd_kafka_headers_t* headers, const char* name, ssize_t nameLength,
                                        const void* value, ssize_t length) {
  const auto* bytes = static_cast<const char*>(value);
  headers->all.emplace_back(std::string(name, static_cast<size_t>(nameLength)),
                            std::string(bytes, static_cast<size_t>(length)));
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_header_get_all(const rd_kafka_headers_t* headers, size_t index,
                                            const char** name, const void** value, size_t* length) {
  if (index >= headers->all.size()) return RD_KAFKA_RESP_ERR__NOENT;
  const auto& [headerName, headerValue] = headers->all[index];
  *name = headerName.c_str();
  *value = headerValue.data();
  *length = headerValue.size();
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // extern "C"
