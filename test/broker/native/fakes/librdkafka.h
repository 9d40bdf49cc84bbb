// What a test does with the fake librdkafka beside what the addon does with it: makes clients, has rows
// come, and destroys them. It is a library of its own, as the addon looks its functions up in one.
#pragma once
#include <rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace fake {

/** The entry of a plugin. */
using Plugin = rd_kafka_resp_err_t (*)(rd_kafka_conf_t*, void**, char*, size_t);

struct ClientOptions {
  rd_kafka_type_t type;
  std::string id;
  /** Rows that a producer holds; it refuses more until some are acknowledged. */
  size_t rowsMax = 500;
  /** Each so many rows one is acknowledged with an error; 0: none. */
  size_t failsEach = 0;
  /** Each so many rows one is refused for good, in turn with and without an acknowledgement; 0: none. */
  size_t refusesEach = 0;
};

/** As rd_kafka_new with `plugin.library.paths`; a producer acknowledges in a thread of its own. */
rd_kafka_t* open(const ClientOptions& options, Plugin plugin);

/**
 * As rd_kafka_destroy. Where that would hang, since a queue or topic was not given back, it aborts.
 * `quiet` ends the threads in which rows come: they go on until the plugin has heard of the end.
 */
void destroy(
    rd_kafka_t* rk, const std::function<void()>& quiet = [] {});

/** Rows come in for a partition from a thread of the client, `count` more offsets of it. */
void fetch(rd_kafka_t* rk, const std::string& topic, int32_t partition, int64_t count);

/** The client reads a partition from `offset` on, once more. */
void seek(rd_kafka_t* rk, const std::string& topic, int32_t partition, int64_t offset);

/** How many rows a producer has taken. */
int64_t takenRows(rd_kafka_t* rk);

}  // namespace fake
