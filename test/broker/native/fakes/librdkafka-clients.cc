// Clients of the fake librdkafka: how they are made with a plugin and destroyed, and how producers take
// and acknowledge rows.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "librdkafka-types.h"

namespace {

void unref(rd_kafka_topic_t* topic) {
  if (topic->references.fetch_sub(1) == 1) delete topic;
}

rd_kafka_conf_t* copyOf(const rd_kafka_conf_t* conf) {
  auto* copy = new rd_kafka_conf_t();
  copy->values = conf->values;
  if (conf->onConfDup != nullptr) conf->onConfDup(copy, conf, 0, nullptr, nullptr);
  return copy;
}

}  // namespace

rd_kafka_t* fake::open(const ClientOptions& options, Plugin plugin) {
  rd_kafka_conf_t conf;
  conf.values["client.id"] = options.id;
  char error[512];
  if (plugin(&conf, nullptr, error, sizeof error) != RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
  auto* rk = new rd_kafka_t();
  rk->options = options;
  rk->conf.reset(copyOf(&conf));
  rk->conf->onNew(rk, rk->conf.get(), rk->conf->onNewOpaque, error, sizeof error);
  if (options.type == RD_KAFKA_PRODUCER) rk->acknowledging = std::thread([rk] { rk->acknowledgeAll(); });
  return rk;
}

void fake::destroy(rd_kafka_t* rk, const std::function<void()>& quiet) {
  rk->onDestroy(rk, rk->onDestroyOpaque);
  quiet();
  if (rk->topics != 0 || rk->queues != 0) {
    std::fprintf(stderr, "%d topics and %d queues were not given back: rd_kafka_destroy hangs\n",
                 rk->topics.load(), rk->queues.load());
    std::abort();
  }
  // What is under way is still acknowledged.
  if (rk->acknowledging.joinable()) {
    {
      std::lock_guard<std::mutex> lock(rk->mutex);
      rk->isEnding = true;
      rk->changed.notify_one();
    }
    rk->acknowledging.join();
  }
  delete rk;
}

int64_t fake::takenRows(rd_kafka_t* rk) {
  std::lock_guard<std::mutex> lock(rk->mutex);
  return rk->taken;
}

void rd_kafka_s::acknowledgeAll() {
  for (size_t number = 1;; number++) {
    Outgoing row;
    {
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock, [this] { return isEnding || !outgoing.empty(); });
      if (outgoing.empty()) return;
      row = std::move(outgoing.front());
      outgoing.pop_front();
    }
    const bool fails = options.failsEach > 0 && number % options.failsEach == 0;
    acknowledge(row, fails ? RD_KAFKA_RESP_ERR__MSG_TIMED_OUT : RD_KAFKA_RESP_ERR_NO_ERROR);
    unref(row.topic);
  }
}

void rd_kafka_s::acknowledge(const Outgoing& row, rd_kafka_resp_err_t error) {
  rd_kafka_message_t message = {};
  message.err = error;
  message.offset = error == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : RD_KAFKA_OFFSET_INVALID;
  message.rkt = row.topic;
  message.partition = row.partition;
  message.len = row.value.size();
  message.key_len = row.key.size();
  message._private = row.opaque;
  onAcknowledgement(this, &message, nullptr);
}

extern "C" {

rd_kafka_conf_res_t rd_kafka_conf_get(const rd_kafka_conf_t* conf, const char* name, char* value,
                                      size_t* length) {
  const auto found = conf->values.find(name);
  if (found == conf->values.end()) return RD_KAFKA_CONF_UNKNOWN;
  *length = static_cast<size_t>(std::snprintf(value, *length, "%s", found->second.c_str()));
  return RD_KAFKA_CONF_OK;
}

rd_kafka_resp_err_t rd_kafka_conf_interceptor_add_on_new(rd_kafka_conf_t* conf, const char*,
                                                         rd_kafka_interceptor_f_on_new_t* onNew,
                                                         void* opaque) {
  if (conf->onNew != nullptr) return RD_KAFKA_RESP_ERR__CONFLICT;
  conf->onNew = onNew;
  conf->onNewOpaque = opaque;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_conf_interceptor_add_on_conf_destroy(
    rd_kafka_conf_t* conf, const char*, rd_kafka_interceptor_f_on_conf_destroy_t* onConfDestroy,
    void* opaque) {
  conf->onConfDestroy = onConfDestroy;
  conf->onConfDestroyOpaque = opaque;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_conf_interceptor_add_on_conf_dup(rd_kafka_conf_t* conf, const char*,
                                                              rd_kafka_interceptor_f_on_conf_dup_t* onConfDup,
                                                              void*) {
  conf->onConfDup = onConfDup;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_interceptor_add_on_destroy(rd_kafka_t* rk, const char*,
                                                        rd_kafka_interceptor_f_on_destroy_t* onDestroy,
                                                        void* opaque) {
  rk->onDestroy = onDestroy;
  rk->onDestroyOpaque = opaque;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t rd_kafka_interceptor_add_on_acknowledgement(
    rd_kafka_t* rk, const char*, rd_kafka_interceptor_f_on_acknowledgement_t* onAcknowledgement, void*) {
  rk->onAcknowledgement = onAcknowledgement;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

const char* rd_kafka_version_str() { return "fake"; }
const char* rd_kafka_err2str(rd_kafka_resp_err_t) { return "an error"; }
// The programs of the tests have no groups.
rd_kafka_resp_err_t rd_kafka_list_groups(rd_kafka_t*, const char*, const rd_kafka_group_list**, int) {
  return RD_KAFKA_RESP_ERR__TIMED_OUT;
}
void rd_kafka_group_list_destroy(const rd_kafka_group_list*) {}
rd_kafka_consumer_group_metadata_t* rd_kafka_consumer_group_metadata(rd_kafka_t*) { return nullptr; }
int32_t rd_kafka_consumer_group_metadata_generation_id(const rd_kafka_consumer_group_metadata_t*) {
  return -1;
}
void rd_kafka_consumer_group_metadata_destroy(rd_kafka_consumer_group_metadata_t*) {}
// Nor committed offsets.
rd_kafka_topic_partition_list_t* rd_kafka_topic_partition_list_new(int) { return nullptr; }
rd_kafka_topic_partition_t* rd_kafka_topic_partition_list_add(rd_kafka_topic_partition_list_t*, const char*,
                                                              int32_t) {
  return nullptr;
}
void rd_kafka_topic_partition_list_destroy(rd_kafka_topic_partition_list_t*) {}
rd_kafka_resp_err_t rd_kafka_commit(rd_kafka_t*, const rd_kafka_topic_partition_list_t*, int) {
  return RD_KAFKA_RESP_ERR__TIMED_OUT;
}
rd_kafka_resp_err_t rd_kafka_committed(rd_kafka_t*, rd_kafka_topic_partition_list_t*, int) {
  return RD_KAFKA_RESP_ERR__TIMED_OUT;
}
rd_kafka_error_t* rd_kafka_send_offsets_to_transaction(rd_kafka_t*, const rd_kafka_topic_partition_list_t*,
                                                       const rd_kafka_consumer_group_metadata_t*, int) {
  return nullptr;
}
rd_kafka_resp_err_t rd_kafka_error_code(const rd_kafka_error_t*) { return RD_KAFKA_RESP_ERR__TIMED_OUT; }
const char* rd_kafka_error_string(const rd_kafka_error_t*) { return "an error"; }
int rd_kafka_error_is_fatal(const rd_kafka_error_t*) { return 0; }
int rd_kafka_error_is_retriable(const rd_kafka_error_t*) { return 0; }
int rd_kafka_error_txn_requires_abort(const rd_kafka_error_t*) { return 0; }
void rd_kafka_error_destroy(rd_kafka_error_t*) {}
// Nor settings of topics.
rd_kafka_AdminOptions_t* rd_kafka_AdminOptions_new(rd_kafka_t*, rd_kafka_admin_op_t) { return nullptr; }
rd_kafka_resp_err_t rd_kafka_AdminOptions_set_request_timeout(rd_kafka_AdminOptions_t*, int, char*, size_t) {
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}
void rd_kafka_AdminOptions_destroy(rd_kafka_AdminOptions_t*) {}
rd_kafka_ConfigResource_t* rd_kafka_ConfigResource_new(rd_kafka_ResourceType_t, const char*) {
  return nullptr;
}
void rd_kafka_ConfigResource_destroy(rd_kafka_ConfigResource_t*) {}
const char* rd_kafka_ConfigResource_name(const rd_kafka_ConfigResource_t*) { return ""; }
rd_kafka_resp_err_t rd_kafka_ConfigResource_error(const rd_kafka_ConfigResource_t*) {
  return RD_KAFKA_RESP_ERR__TIMED_OUT;
}
const rd_kafka_ConfigEntry_t** rd_kafka_ConfigResource_configs(const rd_kafka_ConfigResource_t*, size_t*) {
  return nullptr;
}
const char* rd_kafka_ConfigEntry_name(const rd_kafka_ConfigEntry_t*) { return ""; }
const char* rd_kafka_ConfigEntry_value(const rd_kafka_ConfigEntry_t*) { return ""; }
void rd_kafka_DescribeConfigs(rd_kafka_t*, rd_kafka_ConfigResource_t**, size_t,
                              const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*) {}
const rd_kafka_ConfigResource_t** rd_kafka_DescribeConfigs_result_resources(
    const rd_kafka_DescribeConfigs_result_t*, size_t*) {
  return nullptr;
}
rd_kafka_queue_t* rd_kafka_queue_new(rd_kafka_t*) { return nullptr; }
rd_kafka_event_t* rd_kafka_queue_poll(rd_kafka_queue_t*, int) { return nullptr; }
rd_kafka_resp_err_t rd_kafka_event_error(rd_kafka_event_t*) { return RD_KAFKA_RESP_ERR__TIMED_OUT; }
const char* rd_kafka_event_error_string(rd_kafka_event_t*) { return "an error"; }
const rd_kafka_DescribeConfigs_result_t* rd_kafka_event_DescribeConfigs_result(rd_kafka_event_t*) {
  return nullptr;
}
void rd_kafka_event_destroy(rd_kafka_event_t*) {}
rd_kafka_type_t rd_kafka_type(const rd_kafka_t* rk) { return rk->options.type; }

rd_kafka_topic_t* rd_kafka_topic_new(rd_kafka_t* rk, const char* name, rd_kafka_topic_conf_t*) {
  rk->topics += 1;
  return new rd_kafka_topic_t{rk, name};
}

const char* rd_kafka_topic_name(const rd_kafka_topic_t* topic) { return topic->name.c_str(); }

void rd_kafka_topic_destroy(rd_kafka_topic_t* topic) {
  topic->rk->topics -= 1;
  unref(topic);
}

rd_kafka_resp_err_t rd_kafka_producev(rd_kafka_t* rk, ...) {
  rd_kafka_s::Outgoing row = {};
  rd_kafka_headers_t* headers = nullptr;
  va_list args;
  va_start(args, rk);
  for (int type = va_arg(args, int); type != RD_KAFKA_VTYPE_END; type = va_arg(args, int)) {
    if (type == RD_KAFKA_VTYPE_RKT) {
      row.topic = va_arg(args, rd_kafka_topic_t*);
    } else if (type == RD_KAFKA_VTYPE_PARTITION) {
      row.partition = va_arg(args, int32_t);
    } else if (type == RD_KAFKA_VTYPE_MSGFLAGS) {
      va_arg(args, int);
    } else if (type == RD_KAFKA_VTYPE_KEY || type == RD_KAFKA_VTYPE_VALUE) {
      const auto* bytes = static_cast<const char*>(va_arg(args, void*));
      const size_t length = va_arg(args, size_t);
      std::string& part = type == RD_KAFKA_VTYPE_KEY ? row.key : row.value;
      if (bytes != nullptr) part.assign(bytes, length);
    } else if (type == RD_KAFKA_VTYPE_TIMESTAMP) {
      va_arg(args, int64_t);
    } else if (type == RD_KAFKA_VTYPE_OPAQUE) {
      row.opaque = va_arg(args, void*);
    } else if (type == RD_KAFKA_VTYPE_HEADERS) {
      headers = va_arg(args, rd_kafka_headers_t*);
    } else {
      std::abort();
    }
  }
  va_end(args);
  const size_t each = rk->options.refusesEach;
  int64_t taken;
  {
    std::lock_guard<std::mutex> lock(rk->mutex);
    if (rk->outgoing.size() >= rk->options.rowsMax) return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    taken = ++rk->taken;
    if (each == 0 || taken % static_cast<int64_t>(each) != 0) {
      delete headers;
      row.topic->references += 1;
      rk->outgoing.push_back(std::move(row));
      rk->changed.notify_one();
      return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
  }
  // Some refusals come as an acknowledgement too, within the call.
  if (taken / static_cast<int64_t>(each) % 2 == 0) {
    rk->acknowledge(row, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
  }
  return RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

}  // extern "C"
