// The parts of the addon, each adding its functions to the module.
#pragma once
#include <node_api.h>

namespace millrace {

/** newScanner, scan, …: JSON rows into columns. */
void addScanner(napi_env env, napi_value exports);

/** splitPartition, openWaker, turnEpoch, …: Kafka's clients, as the main thread leads them. */
void addKafka(napi_env env, napi_value exports);

/** commitOffsets, committedOffsets, sendOffsets: offsets of a group with their metadata. */
void addOffsets(napi_env env, napi_value exports);

/** topicSettings: what topics are set to. */
void addTopicSettings(napi_env env, napi_value exports);

/** openReader, poll, openWriter, produce, …: Kafka's partitions, read and written in workers. */
void addKafkaRows(napi_env env, napi_value exports);

/** useHugePages: memory of arrays. */
void addMemory(napi_env env, napi_value exports);

}  // namespace millrace
