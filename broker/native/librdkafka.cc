#include "librdkafka.h"

#include <dlfcn.h>

#include <atomic>
#include <mutex>

namespace millrace {
namespace {

std::atomic<const Librdkafka*> bound{nullptr};

/** Interceptors outlive the thread that required the addon: its end must not unmap them. */
void stayLoaded() {
  Dl_info own;
  if (dladdr(reinterpret_cast<void*>(&stayLoaded), &own) != 0)
    dlopen(own.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

bool find(void* library, Librdkafka& functions) {
  bool all = true;
#define MILLRACE_FIND(function)                                                                   \
  functions.function = reinterpret_cast<decltype(functions.function)>(dlsym(library, #function)); \
  all = all && functions.function != nullptr;
  MILLRACE_LIBRDKAFKA(MILLRACE_FIND)
#undef MILLRACE_FIND
  return all;
}

}  // namespace

const Librdkafka* librdkafka() { return bound.load(std::memory_order_acquire); }

bool bindLibrdkafka(void* caller) {
  static std::mutex* binding = new std::mutex();
  std::lock_guard<std::mutex> lock(*binding);
  if (librdkafka() != nullptr) return true;
  Dl_info info;
  if (dladdr(caller, &info) == 0) return false;
  void* library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return false;
  auto* functions = new Librdkafka();
  if (!find(library, *functions)) {
    delete functions;
    return false;
  }
  stayLoaded();
  bound.store(functions, std::memory_order_release);
  return true;
}

}  // namespace millrace
