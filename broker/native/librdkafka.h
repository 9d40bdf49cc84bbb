// The functions of librdkafka that the addon calls, in the copy of it that has loaded the addon as its
// plugin. Nothing is linked: until that has happened there are none.
#pragma once
// Its own header is not free of warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-qualifiers"
#include <rdkafka.h>
#pragma GCC diagnostic pop

namespace millrace {

#define MILLRACE_LIBRDKAFKA(X)                      \
  X(rd_kafka_conf_get)                              \
  X(rd_kafka_conf_interceptor_add_on_new)           \
  X(rd_kafka_conf_interceptor_add_on_conf_dup)      \
  X(rd_kafka_conf_interceptor_add_on_conf_destroy)  \
  X(rd_kafka_interceptor_add_on_destroy)            \
  X(rd_kafka_interceptor_add_on_acknowledgement)    \
  X(rd_kafka_version_str)                           \
  X(rd_kafka_err2str)                               \
  X(rd_kafka_type)                                  \
  X(rd_kafka_list_groups)                           \
  X(rd_kafka_group_list_destroy)                    \
  X(rd_kafka_consumer_group_metadata)               \
  X(rd_kafka_consumer_group_metadata_generation_id) \
  X(rd_kafka_consumer_group_metadata_destroy)       \
  X(rd_kafka_topic_partition_list_new)              \
  X(rd_kafka_topic_partition_list_add)              \
  X(rd_kafka_topic_partition_list_destroy)          \
  X(rd_kafka_commit)                                \
  X(rd_kafka_committed)                             \
  X(rd_kafka_send_offsets_to_transaction)           \
  X(rd_kafka_error_code)                            \
  X(rd_kafka_error_string)                          \
  X(rd_kafka_error_is_fatal)                        \
  X(rd_kafka_error_is_retriable)                    \
  X(rd_kafka_error_txn_requires_abort)              \
  X(rd_kafka_error_destroy)                         \
  X(rd_kafka_get_watermark_offsets)                 \
  X(rd_kafka_queue_get_partition)                   \
  X(rd_kafka_queue_forward)                         \
  X(rd_kafka_queue_cb_event_enable)                 \
  X(rd_kafka_queue_destroy)                         \
  X(rd_kafka_consume_callback_queue)                \
  X(rd_kafka_yield)                                 \
  X(rd_kafka_message_timestamp)                     \
  X(rd_kafka_message_headers)                       \
  X(rd_kafka_header_get_all)                        \
  X(rd_kafka_headers_new)                           \
  X(rd_kafka_header_add)                            \
  X(rd_kafka_headers_destroy)                       \
  X(rd_kafka_topic_new)                             \
  X(rd_kafka_topic_name)                            \
  X(rd_kafka_topic_destroy)                         \
  X(rd_kafka_producev)                              \
  X(rd_kafka_AdminOptions_new)                      \
  X(rd_kafka_AdminOptions_set_request_timeout)      \
  X(rd_kafka_AdminOptions_destroy)                  \
  X(rd_kafka_ConfigResource_new)                    \
  X(rd_kafka_ConfigResource_destroy)                \
  X(rd_kafka_ConfigResource_name)                   \
  X(rd_kafka_ConfigResource_error)                  \
  X(rd_kafka_ConfigResource_configs)                \
  X(rd_kafka_ConfigEntry_name)                      \
  X(rd_kafka_ConfigEntry_value)                     \
  X(rd_kafka_DescribeConfigs)                       \
  X(rd_kafka_DescribeConfigs_result_resources)      \
  X(rd_kafka_queue_new)                             \
  X(rd_kafka_queue_poll)                            \
  X(rd_kafka_event_error)                           \
  X(rd_kafka_event_error_string)                    \
  X(rd_kafka_event_DescribeConfigs_result)          \
  X(rd_kafka_event_destroy)

/** Pointers to the functions, each by its own name. */
struct Librdkafka {
#define MILLRACE_POINTER(function) decltype(&::function) function = nullptr;
  MILLRACE_LIBRDKAFKA(MILLRACE_POINTER)
#undef MILLRACE_POINTER
};

/** The functions, or nullptr before the first client was configured with the addon as its plugin. */
const Librdkafka* librdkafka();

/**
 * Finds the functions in the library that `caller`, an address in it, belongs to, and keeps the addon
 * loaded for as long as the process lives.
 * @returns whether all of them are there.
 */
bool bindLibrdkafka(void* caller);

}  // namespace millrace
