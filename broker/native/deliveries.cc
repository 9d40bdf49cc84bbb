#include "deliveries.h"

#include "client-registry.h"

namespace millrace {
namespace {

thread_local uint64_t acknowledgements = 0;

// librdkafka takes what it was not told of for written once the broker has taken later rows of the partition;
// a broker that knows nothing of the producer there takes any. Rows behind the first count up from no offset.
constexpr char kNoOffset[] = "the broker took later ones, but gave no offset for this one";

}  // namespace

Flight* Deliveries::open(std::shared_ptr<Waker> waker) {
  auto flight = std::make_unique<Flight>(client_);
  flight->waker = std::move(waker);
  std::lock_guard<std::mutex> lock(mutex_);
  flights_.push_back(std::move(flight));
  return flights_.back().get();
}

int Deliveries::turn() { return epoch_.fetch_xor(1); }

int64_t Deliveries::inFlight(int epoch) {
  std::lock_guard<std::mutex> lock(mutex_);
  int64_t rows = 0;
  for (const auto& flight : flights_) rows += flight->rows[epoch].load();
  return rows;
}

void Deliveries::fail(rd_kafka_resp_err_t code, const char* text, const char* topic, int32_t partition) {
  std::lock_guard<std::mutex> lock(mutex_);
  errors_[topic] += 1;
  if (failure_ != nullptr) return;
  failure_.reset(new DeliveryFailure{code, text, topic, partition});
}

const DeliveryFailure* Deliveries::failure() {
  std::lock_guard<std::mutex> lock(mutex_);
  return failure_.get();
}

std::map<std::string, int64_t> Deliveries::errors() {
  std::lock_guard<std::mutex> lock(mutex_);
  return errors_;
}

void Deliveries::forgetFailures() {
  std::lock_guard<std::mutex> lock(mutex_);
  failure_.reset();
  abandoned_ = 0;
}

rd_kafka_resp_err_t Deliveries::onAcknowledgement(rd_kafka_t*, rd_kafka_message_t* message, void*) {
  acknowledgements += 1;
  const auto tag = reinterpret_cast<uintptr_t>(message->_private);
  auto* flight = reinterpret_cast<Flight*>(tag & ~static_cast<uintptr_t>(1));
  // Rows that the client's own `produce` sends carry nothing.
  if (flight == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const auto failed = [&](rd_kafka_resp_err_t code, const char* text) {
    flight->client->deliveries.fail(code, text, librdkafka()->rd_kafka_topic_name(message->rkt),
                                    message->partition);
  };
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    failed(message->err, librdkafka()->rd_kafka_err2str(message->err));
  } else if (message->offset < 0) {
    failed(RD_KAFKA_RESP_ERR__INCONSISTENT, kNoOffset);
  }
  flight->bytes -= static_cast<int64_t>(message->len + message->key_len);
  // A commit that sees the count fall must see the failure: it is written first.
  flight->rows[tag & 1] -= 1;
  if (flight->wantsRoom.load(std::memory_order_relaxed) && flight->wantsRoom.exchange(false) &&
      flight->waker != nullptr) {
    flight->waker->signal();
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

uint64_t Deliveries::seenByThisThread() { return acknowledgements; }

}  // namespace millrace
