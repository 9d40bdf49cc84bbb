#include "waker.h"

#include <map>

namespace millrace {
namespace {

// Never destroyed: threads of librdkafka go on while the process exits.
struct Wakers {
  std::mutex mutex;
  std::map<int32_t, std::shared_ptr<Waker>> byNumber;
  int32_t last = 0;
};

Wakers& wakers() {
  static auto* all = new Wakers();
  return *all;
}

void* toHookData(int32_t number) { return reinterpret_cast<void*>(static_cast<intptr_t>(number)); }

}  // namespace

int32_t Waker::open(napi_env env, napi_value function) {
  std::shared_ptr<Waker> waker(new Waker());
  Wakers& all = wakers();
  int32_t number;
  {
    std::lock_guard<std::mutex> lock(all.mutex);
    number = ++all.last;
    all.byNumber[number] = waker;
  }
  napi_value name;
  napi_create_string_utf8(env, "millrace", NAPI_AUTO_LENGTH, &name);
  // The function's context must outlive its calls: it is a reference of its own.
  auto* context = new std::shared_ptr<Waker>(waker);
  const auto release = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<Waker>*>(data); };
  waker->env_ = env;
  napi_create_threadsafe_function(env, function, nullptr, name, 0, 1, context, release, context, call,
                                  &waker->function_);
  napi_unref_threadsafe_function(env, waker->function_);
  // Hooks run in reverse: before the environment frees the function that others still call.
  napi_add_env_cleanup_hook(env, atExit, toHookData(number));
  return number;
}

std::shared_ptr<Waker> Waker::find(int32_t number) {
  Wakers& all = wakers();
  std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.byNumber.find(number);
  return found == all.byNumber.end() ? nullptr : found->second;
}

void Waker::close(int32_t number) {
  const auto waker = find(number);
  if (waker == nullptr) return;
  napi_remove_env_cleanup_hook(waker->env_, atExit, toHookData(number));
  atExit(toHookData(number));
}

void Waker::atExit(void* data) {
  const auto number = static_cast<int32_t>(reinterpret_cast<intptr_t>(data));
  const auto waker = find(number);
  if (waker == nullptr) return;
  waker->detach();
  Wakers& all = wakers();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.byNumber.erase(number);
}

void Waker::detach() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
  function_ = nullptr;
}

void Waker::signal() {
  if (isSignalled_.exchange(true)) return;
  std::lock_guard<std::mutex> lock(mutex_);
  if (function_ != nullptr) napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
}

void Waker::call(napi_env env, napi_value function, void* context, void*) {
  // What was signalled before the end is only thrown away, and the context is gone already.
  if (env == nullptr) return;
  (*static_cast<std::shared_ptr<Waker>*>(context))->isSignalled_ = false;
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, function, 0, nullptr, nullptr);
}

}  // namespace millrace
