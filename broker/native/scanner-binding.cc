// The JSON scanner as JavaScript sees it.
#include "bindings.h"
#include "napi-values.h"

namespace millrace {

void addScanner(napi_env, napi_value) {}

}  // namespace millrace
