// What the addon offers to JavaScript. Each part adds its functions; addon.ts has their types.
#include <node_api.h>

#include "bindings.h"

NAPI_MODULE_INIT() {
  millrace::addScanner(env, exports);
  millrace::addKafka(env, exports);
  millrace::addKafkaRows(env, exports);
  return exports;
}
