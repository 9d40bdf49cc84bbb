// Committed offsets with what is kept beside them: node-rdkafka leaves their metadata out both ways.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "bindings.h"
#include "broker-request.h"
#include "client-registry.h"
#include "napi-values.h"

namespace millrace {
namespace {

napi_value propertyOf(napi_env env, napi_value object, const char* name) {
  napi_value value;
  napi_get_named_property(env, object, name, &value);
  return value;
}

void setText(napi_env env, napi_value object, const char* name, const char* text, size_t size) {
  napi_value value;
  napi_create_string_utf8(env, text, size, &value);
  napi_set_named_property(env, object, name, value);
}

/** Partitions as librdkafka takes and gives them. */
struct DestroyOffsets {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    librdkafka()->rd_kafka_topic_partition_list_destroy(list);
  }
};
using Offsets = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyOffsets>;

/** Of { topic, partition, offset?, metadata? }[]. The list frees the metadata, which must be malloc's. */
Offsets offsetsOf(napi_env env, napi_value array) {
  uint32_t count = 0;
  napi_get_array_length(env, array, &count);
  const Librdkafka* lib = librdkafka();
  Offsets offsets(lib->rd_kafka_topic_partition_list_new(static_cast<int>(count)));
  for (uint32_t i = 0; i < count; i++) {
    napi_value at;
    napi_get_element(env, array, i, &at);
    rd_kafka_topic_partition_t* added = lib->rd_kafka_topic_partition_list_add(
        offsets.get(), stringOf(env, propertyOf(env, at, "topic")).c_str(),
        int32Of(env, propertyOf(env, at, "partition")));
    added->offset = int64Of(env, propertyOf(env, at, "offset"));
    const std::string metadata = stringOf(env, propertyOf(env, at, "metadata"));
    if (metadata.empty()) continue;
    added->metadata = std::malloc(metadata.size());
    if (added->metadata == nullptr) continue;
    std::memcpy(added->metadata, metadata.data(), metadata.size());
    added->metadata_size = metadata.size();
  }
  return offsets;
}

napi_value valueOf(napi_env env, const rd_kafka_topic_partition_list_t& offsets) {
  napi_value array;
  napi_create_array(env, &array);
  for (int i = 0; i < offsets.cnt; i++) {
    const rd_kafka_topic_partition_t& at = offsets.elems[i];
    napi_value object;
    napi_create_object(env, &object);
    setText(env, object, "topic", at.topic, NAPI_AUTO_LENGTH);
    napi_set_named_property(env, object, "partition", numberOf(env, at.partition));
    if (at.offset != RD_KAFKA_OFFSET_INVALID) {
      napi_set_named_property(env, object, "offset", numberOf(env, static_cast<double>(at.offset)));
    }
    if (at.metadata != nullptr) {
      setText(env, object, "metadata", static_cast<const char*>(at.metadata), at.metadata_size);
    }
    napi_set_element(env, array, static_cast<uint32_t>(i), object);
  }
  return array;
}

/** What a request came to; code 0 where it went well. */
struct Outcome {
  int code = RD_KAFKA_RESP_ERR__DESTROY;
  std::string message = "the client is being closed";
  bool isFatal = false;
  bool isRetriable = false;
  bool requiresAbort = false;

  void set(rd_kafka_resp_err_t error) {
    code = error;
    message = error == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : librdkafka()->rd_kafka_err2str(error);
  }

  /** Takes the error, which may be nullptr. */
  void take(rd_kafka_error_t* error) {
    const Librdkafka* lib = librdkafka();
    set(error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : lib->rd_kafka_error_code(error));
    if (error == nullptr) return;
    message = lib->rd_kafka_error_string(error);
    isFatal = lib->rd_kafka_error_is_fatal(error) != 0;
    isRetriable = lib->rd_kafka_error_is_retriable(error) != 0;
    requiresAbort = lib->rd_kafka_error_txn_requires_abort(error) != 0;
    lib->rd_kafka_error_destroy(error);
  }

  napi_value toValue(napi_env env) const {
    napi_value object;
    napi_create_object(env, &object);
    const auto setFlag = [&](const char* name, bool flag) {
      napi_value value;
      napi_get_boolean(env, flag, &value);
      napi_set_named_property(env, object, name, value);
    };
    napi_set_named_property(env, object, "code", numberOf(env, code));
    setText(env, object, "message", message.data(), message.size());
    setFlag("isFatal", isFatal);
    setFlag("isRetriable", isRetriable);
    setFlag("isTxnRequiresAbort", requiresAbort);
    return object;
  }
};

/** Asks for the offsets of a group, or makes offsets part of a transaction. */
class OffsetsRequest : public BrokerRequest {
 public:
  OffsetsRequest(std::shared_ptr<Client> client, std::shared_ptr<Client> consumer, Offsets offsets,
                 int timeoutMs)
      : client_(std::move(client)),
        consumer_(std::move(consumer)),
        offsets_(std::move(offsets)),
        timeoutMs_(timeoutMs) {}

 protected:
  void ask() override {
    Inside inside(*client_);
    if (!inside) return;
    const Librdkafka* lib = librdkafka();
    if (consumer_ == nullptr) {
      outcome_.set(lib->rd_kafka_committed(client_->handle(), offsets_.get(), timeoutMs_));
      for (int i = 0; outcome_.code == 0 && i < offsets_->cnt; i++) outcome_.set(offsets_->elems[i].err);
      return;
    }
    Inside reading(*consumer_);
    if (!reading) return;
    rd_kafka_consumer_group_metadata_t* group = lib->rd_kafka_consumer_group_metadata(consumer_->handle());
    if (group == nullptr) return outcome_.set(RD_KAFKA_RESP_ERR__UNKNOWN_GROUP);
    outcome_.take(
        lib->rd_kafka_send_offsets_to_transaction(client_->handle(), offsets_.get(), group, timeoutMs_));
    lib->rd_kafka_consumer_group_metadata_destroy(group);
  }

  napi_value answer(napi_env env) override {
    return outcome_.code == 0 ? valueOf(env, *offsets_) : outcome_.toValue(env);
  }

 private:
  const std::shared_ptr<Client> client_;
  /** Who has read up to the offsets, where they become part of a transaction. */
  const std::shared_ptr<Client> consumer_;
  Offsets offsets_;
  const int timeoutMs_;
  Outcome outcome_;
};

napi_value gone(napi_env env) { return fail(env, "the client is being closed, or is not there"); }

// commitOffsets(consumerId, offsets): code of an error, or 0; the consumer's offset_commit_cb is called
napi_value commitOffsets(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const auto client = findClient(stringOf(env, arguments[0]));
  if (client == nullptr) return gone(env);
  Inside inside(*client);
  if (!inside) return gone(env);
  const Offsets offsets = offsetsOf(env, arguments[1]);
  return numberOf(env, librdkafka()->rd_kafka_commit(client->handle(), offsets.get(), 1));
}

// committedOffsets(consumerId, partitions, timeoutMs): Promise<offsets or failure>
napi_value committedOffsets(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  auto client = findClient(stringOf(env, arguments[0]));
  if (client == nullptr) return gone(env);
  auto offsets = offsetsOf(env, arguments[1]);
  const int timeoutMs = int32Of(env, arguments[2]);
  return BrokerRequest::start(
      env, "millrace:committed-offsets",
      std::make_unique<OffsetsRequest>(std::move(client), nullptr, std::move(offsets), timeoutMs));
}

// sendOffsets(producerId, consumerId, offsets, timeoutMs): Promise<offsets or failure>
napi_value sendOffsets(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  auto producer = findClient(stringOf(env, arguments[0]));
  auto consumer = findClient(stringOf(env, arguments[1]));
  if (producer == nullptr || consumer == nullptr) return gone(env);
  auto offsets = offsetsOf(env, arguments[2]);
  const int timeoutMs = int32Of(env, arguments[3]);
  return BrokerRequest::start(env, "millrace:send-offsets",
                              std::make_unique<OffsetsRequest>(std::move(producer), std::move(consumer),
                                                               std::move(offsets), timeoutMs));
}

}  // namespace

void addOffsets(napi_env env, napi_value exports) {
  setFunction(env, exports, "commitOffsets", commitOffsets);
  setFunction(env, exports, "committedOffsets", committedOffsets);
  setFunction(env, exports, "sendOffsets", sendOffsets);
}

}  // namespace millrace
