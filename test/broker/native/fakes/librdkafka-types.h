// The objects of the fake librdkafka, shared by its two files.
#pragma once
#include <rdkafka.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "librdkafka.h"

struct rd_kafka_headers_s {
  std::vector<std::pair<std::string, std::string>> all;
};

/** Set once before a client is made of it; copies ask for their own interceptors. */
struct rd_kafka_conf_s {
  std::map<std::string, std::string> values;
  rd_kafka_interceptor_f_on_new_t* onNew = nullptr;
  void* onNewOpaque = nullptr;
  rd_kafka_interceptor_f_on_conf_destroy_t* onConfDestroy = nullptr;
  void* onConfDestroyOpaque = nullptr;
  rd_kafka_interceptor_f_on_conf_dup_t* onConfDup = nullptr;

  ~rd_kafka_conf_s() {
    if (onConfDestroy != nullptr) onConfDestroy(onConfDestroyOpaque);
  }
};

/** A topic: the application's handle is one reference, each row under way another. */
struct rd_kafka_topic_s {
  rd_kafka_t* rk;
  std::string name;
  std::atomic<int> references{1};
};

/** Rows of a partition that wait, and who is told when there are some again. */
struct rd_kafka_queue_s {
  std::atomic<int>* given;
  std::string topic;
  int32_t partition;
  std::mutex mutex;
  std::deque<int64_t> offsets;
  int64_t end = 0;
  void (*onEvent)(rd_kafka_t*, void*) = nullptr;
  void* onEventOpaque = nullptr;
};

struct rd_kafka_s {
  fake::ClientOptions options;
  std::unique_ptr<rd_kafka_conf_t> conf;
  rd_kafka_interceptor_f_on_destroy_t* onDestroy = nullptr;
  void* onDestroyOpaque = nullptr;
  rd_kafka_interceptor_f_on_acknowledgement_t* onAcknowledgement = nullptr;

  /** Handles that the application has and must give back. */
  std::atomic<int> topics{0};
  std::atomic<int> queues{0};

  std::mutex mutex;
  std::map<std::pair<std::string, int32_t>, std::unique_ptr<rd_kafka_queue_t>> partitions;

  struct Outgoing {
    rd_kafka_topic_t* topic;
    int32_t partition;
    std::string key, value;
    void* opaque;
  };
  std::condition_variable changed;
  std::deque<Outgoing> outgoing;
  int64_t taken = 0;
  bool isEnding = false;
  std::thread acknowledging;

  rd_kafka_queue_t* queueOf(const std::string& topic, int32_t partition);
  void acknowledgeAll();
  void acknowledge(const Outgoing& row, rd_kafka_resp_err_t error);
};
