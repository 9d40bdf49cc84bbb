// A thread of Node without Node: it runs the functions that other threads ask it to, and ends as Node's do.
#pragma once
#include <node_api.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

/** A function of JavaScript's, as the fakes know it. */
using FakeFunction = std::function<void()>;

/** An environment; all but `post` belongs to the thread that made it. */
struct napi_env__ {
  /** Ends it as Node does: hooks in reverse, then the thread-safe functions that are left. */
  ~napi_env__();

  /** Runs what was asked for, and waits for it up to `wait`. */
  void turn(std::chrono::milliseconds wait);
  /** From any thread: `task` runs in a later turn. */
  void post(std::function<void()> task);

  static napi_value toValue(FakeFunction* function) { return reinterpret_cast<napi_value>(function); }

  std::vector<std::pair<napi_cleanup_hook, void*>> hooks;
  std::set<napi_threadsafe_function> functions;

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<std::function<void()>> tasks_;
};
