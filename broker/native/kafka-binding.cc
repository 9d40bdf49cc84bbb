// The clients of Kafka as the main thread leads them; kafka-addon.ts has the types.
#include <memory>
#include <string>

#include "bindings.h"
#include "client-registry.h"
#include "napi-values.h"
#include "partition-reader.h"
#include "waker.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace millrace {
namespace {

napi_value stringValue(napi_env env, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.c_str(), text.size(), &value);
  return value;
}

napi_value undefinedValue(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

/** The client that a call names first; throws when it is not there. */
std::shared_ptr<Client> clientOf(napi_env env, napi_value id) {
  const std::string name = stringOf(env, id);
  auto client = findClient(name);
  if (client == nullptr) fail(env, ("no client of librdkafka has the client.id " + name).c_str());
  return client;
}

// librdkafkaVersion(): string | undefined
napi_value librdkafkaVersion(napi_env env, napi_callback_info) {
  const Librdkafka* lib = librdkafka();
  return lib == nullptr ? undefinedValue(env) : stringValue(env, lib->rd_kafka_version_str());
}

// hasClient(clientId): boolean
napi_value hasClient(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  napi_value value;
  napi_get_boolean(env, findClient(stringOf(env, arguments[0])) != nullptr, &value);
  return value;
}

// clientCount(): number
napi_value countClients(napi_env env, napi_callback_info) {
  return numberOf(env, static_cast<double>(clientCount()));
}

napi_value memberOf(napi_env env, const rd_kafka_group_member_info& member) {
  napi_value object;
  napi_create_object(env, &object);
  const auto set = [&](const char* name, const char* text) {
    napi_set_named_property(env, object, name, stringValue(env, text == nullptr ? "" : text));
  };
  set("memberId", member.member_id);
  set("clientId", member.client_id);
  set("host", member.client_host);
  napi_value assignment;
  void* copy = nullptr;
  napi_create_buffer_copy(env, member.member_assignment_size, member.member_assignment, &copy, &assignment);
  napi_set_named_property(env, object, "assignment", assignment);
  return object;
}

// groupMembers(clientId, group, timeoutMs): { memberId, clientId, host, assignment }[]
napi_value groupMembers(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  Inside inside(*client);
  if (!inside) return fail(env, "the client is being closed");
  const Librdkafka* lib = librdkafka();
  const std::string group = stringOf(env, arguments[1]);
  const rd_kafka_group_list* list = nullptr;
  rd_kafka_resp_err_t error =
      lib->rd_kafka_list_groups(client->handle(), group.c_str(), &list, int32Of(env, arguments[2]));
  napi_value members;
  napi_create_array(env, &members);
  uint32_t count = 0;
  // Every broker answers for the groups that it coordinates: one at most knows this one.
  for (int g = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && g < list->group_cnt; g++) {
    if (group != list->groups[g].group) continue;
    error = list->groups[g].err;
    for (int m = 0; m < list->groups[g].member_cnt; m++) {
      napi_set_element(env, members, count++, memberOf(env, list->groups[g].members[m]));
    }
  }
  if (list != nullptr) lib->rd_kafka_group_list_destroy(list);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? members : fail(env, lib->rd_kafka_err2str(error));
}

// groupGeneration(clientId): number
napi_value groupGeneration(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  Inside inside(*client);
  if (!inside) return fail(env, "the client is being closed");
  const Librdkafka* lib = librdkafka();
  rd_kafka_consumer_group_metadata_t* metadata = lib->rd_kafka_consumer_group_metadata(client->handle());
  if (metadata == nullptr) return numberOf(env, -1);
  const int32_t generation = lib->rd_kafka_consumer_group_metadata_generation_id(metadata);
  lib->rd_kafka_consumer_group_metadata_destroy(metadata);
  return numberOf(env, generation);
}

// openWaker(function): number
napi_value openWaker(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  return numberOf(env, Waker::open(env, arguments[0]));
}

// closeWaker(number)
napi_value closeWaker(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Waker::close(int32Of(env, arguments[0]));
  return nullptr;
}

// splitPartition(clientId, topic, partition)
napi_value splitPartition(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  if (!PartitionReader::split(*client, stringOf(env, arguments[1]), int32Of(env, arguments[2]))) {
    return fail(env, "the client is being closed, or is no consumer");
  }
  return nullptr;
}

// holdReaders(clientId): { topic, partition, offset }[]
napi_value holdReaders(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  napi_value positions;
  napi_create_array(env, &positions);
  uint32_t count = 0;
  for (const ReaderPosition& position : PartitionReader::holdAll(*client)) {
    napi_value object;
    napi_create_object(env, &object);
    napi_set_named_property(env, object, "topic", stringValue(env, position.topic));
    napi_set_named_property(env, object, "partition", numberOf(env, position.partition));
    napi_set_named_property(env, object, "offset", numberOf(env, static_cast<double>(position.offset)));
    napi_set_element(env, positions, count++, object);
  }
  return positions;
}

// letReadersGo(clientId)
napi_value letReadersGo(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client != nullptr) PartitionReader::letAllGo(*client);
  return nullptr;
}

// turnEpoch(clientId): the epoch that ended
napi_value turnEpoch(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  return client == nullptr ? nullptr : numberOf(env, client->deliveries.turn());
}

// rowsInFlight(clientId, epoch): number
napi_value rowsInFlight(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  return numberOf(env, static_cast<double>(client->deliveries.inFlight(int32Of(env, arguments[1]))));
}

// deliveryFailure(clientId): { code, text, topic, partition } | undefined
napi_value deliveryFailure(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  const DeliveryFailure* failure = client->deliveries.failure();
  if (failure == nullptr) return undefinedValue(env);
  napi_value object;
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "code", numberOf(env, failure->code));
  napi_set_named_property(env, object, "text", stringValue(env, failure->text));
  napi_set_named_property(env, object, "topic", stringValue(env, failure->topic));
  napi_set_named_property(env, object, "partition", numberOf(env, failure->partition));
  return object;
}

// deliveryErrors(clientId): { [topic]: rows }
napi_value deliveryErrors(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  napi_value object;
  napi_create_object(env, &object);
  for (const auto& [topic, rows] : client->deliveries.errors()) {
    napi_set_named_property(env, object, topic.c_str(), numberOf(env, static_cast<double>(rows)));
  }
  return object;
}

// takeAbandoned(clientId): rows that were taken and could not be sent, since the last call
napi_value takeAbandoned(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client == nullptr) return nullptr;
  return numberOf(env, static_cast<double>(client->deliveries.takeAbandoned()));
}

// forgetFailures(clientId): after a transaction was undone
napi_value forgetFailures(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto client = clientOf(env, arguments[0]);
  if (client != nullptr) client->deliveries.forgetFailures();
  return nullptr;
}

// giveMemoryBack(): malloc keeps the room that buffers have left between what stays, and in each of its
// arenas
napi_value giveMemoryBack(napi_env, napi_callback_info) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return nullptr;
}

}  // namespace

void addKafka(napi_env env, napi_value exports) {
  setFunction(env, exports, "librdkafkaVersion", librdkafkaVersion);
  setFunction(env, exports, "hasClient", hasClient);
  setFunction(env, exports, "clientCount", countClients);
  setFunction(env, exports, "groupMembers", groupMembers);
  setFunction(env, exports, "groupGeneration", groupGeneration);
  setFunction(env, exports, "openWaker", openWaker);
  setFunction(env, exports, "closeWaker", closeWaker);
  setFunction(env, exports, "splitPartition", splitPartition);
  setFunction(env, exports, "holdReaders", holdReaders);
  setFunction(env, exports, "letReadersGo", letReadersGo);
  setFunction(env, exports, "turnEpoch", turnEpoch);
  setFunction(env, exports, "rowsInFlight", rowsInFlight);
  setFunction(env, exports, "deliveryFailure", deliveryFailure);
  setFunction(env, exports, "deliveryErrors", deliveryErrors);
  setFunction(env, exports, "takeAbandoned", takeAbandoned);
  setFunction(env, exports, "forgetFailures", forgetFailures);
  setFunction(env, exports, "giveMemoryBack", giveMemoryBack);
}

}  // namespace millrace
