#include "node-api.h"

#include <algorithm>

/** As in Node, it must not be touched once it was given back and its environment has turned. */
struct napi_threadsafe_function__ {
  napi_env env;
  napi_value function;
  void* context;
  napi_finalize finalize;
  void* finalizeData;
  napi_threadsafe_function_call_js call;
  std::mutex mutex;
  size_t called = 0;
  bool isClosing = false;

  void run() {
    size_t calls;
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (isClosing) return;
      calls = std::exchange(called, 0);
    }
    for (; calls > 0; calls--) call(env, function, context, nullptr);
  }

  /** Calls that were not run are told so when the context is gone already. */
  void end() {
    finalize(env, finalizeData, context);
    for (; called > 0; called--) call(nullptr, nullptr, context, nullptr);
    env->functions.erase(this);
    delete this;
  }
};

napi_env__::~napi_env__() {
  while (!hooks.empty()) {
    const auto [hook, data] = hooks.back();
    hooks.pop_back();
    hook(data);
  }
  turn(std::chrono::milliseconds(0));
  while (!functions.empty()) (*functions.begin())->end();
}

void napi_env__::turn(std::chrono::milliseconds wait) {
  std::vector<std::function<void()>> tasks;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    // Not wait_for: the thread sanitizer of some compilers does not know what it is made of.
    posted_.wait_until(lock, std::chrono::system_clock::now() + wait, [this] { return !tasks_.empty(); });
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void napi_env__::post(std::function<void()> task) {
  std::lock_guard<std::mutex> lock(mutex_);
  tasks_.push_back(std::move(task));
  posted_.notify_one();
}

napi_status napi_create_string_utf8(napi_env, const char*, size_t, napi_value* value) {
  *value = nullptr;
  return napi_ok;
}

napi_status napi_get_undefined(napi_env, napi_value* value) {
  *value = nullptr;
  return napi_ok;
}

napi_status napi_call_function(napi_env, napi_value, napi_value function, size_t, const napi_value*,
                               napi_value*) {
  (*reinterpret_cast<FakeFunction*>(function))();
  return napi_ok;
}

napi_status napi_add_env_cleanup_hook(napi_env env, napi_cleanup_hook hook, void* data) {
  env->hooks.emplace_back(hook, data);
  return napi_ok;
}

napi_status napi_remove_env_cleanup_hook(napi_env env, napi_cleanup_hook hook, void* data) {
  auto& hooks = env->hooks;
  hooks.erase(std::remove(hooks.begin(), hooks.end(), std::make_pair(hook, data)), hooks.end());
  return napi_ok;
}

napi_status napi_create_threadsafe_function(napi_env env, napi_value function, napi_value, napi_value, size_t,
                                            size_t, void* finalizeData, napi_finalize finalize, void* context,
                                            napi_threadsafe_function_call_js call,
                                            napi_threadsafe_function* result) {
  *result = new napi_threadsafe_function__{env, function, context, finalize, finalizeData, call, {}};
  env->functions.insert(*result);
  return napi_ok;
}

napi_status napi_unref_threadsafe_function(napi_env, napi_threadsafe_function) { return napi_ok; }

napi_status napi_call_threadsafe_function(napi_threadsafe_function function, void*,
                                          napi_threadsafe_function_call_mode) {
  std::lock_guard<std::mutex> lock(function->mutex);
  if (function->isClosing) return napi_closing;
  function->called += 1;
  if (function->called == 1) function->env->post([function] { function->run(); });
  return napi_ok;
}

napi_status napi_release_threadsafe_function(napi_threadsafe_function function,
                                             napi_threadsafe_function_release_mode) {
  std::lock_guard<std::mutex> lock(function->mutex);
  function->isClosing = true;
  function->env->post([function] { function->end(); });
  return napi_ok;
}
