// What the addon offers to JavaScript. Each part adds its functions; addon.ts has their types.
#include <node_api.h>

#include "bindings.h"

// Goes up when what JavaScript may call or gets changes; addon.ts takes no other.
constexpr int32_t kInterface = 2;

NAPI_MODULE_INIT() {
  napi_value version;
  napi_create_int32(env, kInterface, &version);
  napi_set_named_property(env, exports, "interfaceVersion", version);
  millrace::addScanner(env, exports);
  millrace::addKafka(env, exports);
  millrace::addKafkaRows(env, exports);
  millrace::addOffsets(env, exports);
  millrace::addTopicSettings(env, exports);
  millrace::addMemory(env, exports);
  return exports;
}
