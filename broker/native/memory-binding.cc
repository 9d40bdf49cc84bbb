// Memory of JavaScript's arrays as the system is told of it; kafka-addon.ts has the types.
#include <cstdint>

#include "bindings.h"
#include "napi-values.h"

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace millrace {
namespace {

// useHugePages(bytes: Uint8Array): to be called before they are touched
napi_value useHugePages(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const auto bytes = spanOf<uint8_t>(env, arguments[0]);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = (reinterpret_cast<uintptr_t>(bytes.data) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(bytes.data) + bytes.length) / page * page;
  // Only advice: a kernel without them does as it always does.
  if (start < end) madvise(reinterpret_cast<void*>(start), end - start, MADV_HUGEPAGE);
#endif
  return nullptr;
}

}  // namespace

void addMemory(napi_env env, napi_value exports) { setFunction(env, exports, "useHugePages", useHugePages); }

}  // namespace millrace
