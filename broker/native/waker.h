// Tells the main thread that there is something for a worker which may be waiting. librdkafka's threads
// signal; JavaScript of the main thread, which owns the wait's memory, does the waking.
#pragma once
#include <node_api.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace millrace {

/** Calls a JavaScript function of the thread that made it, from any thread. */
class Waker {
 public:
  /** @returns the number by which other threads find the waker. */
  static int32_t open(napi_env env, napi_value function);
  static std::shared_ptr<Waker> find(int32_t number);
  /** No call comes any more. */
  static void close(int32_t number);

  Waker(const Waker&) = delete;
  ~Waker() = default;

  /** Signals that come before the function has run are one. */
  void signal();

  /** A worker looks for rows: it may wait afterwards, if it finds none. */
  void arm() { isArmed_ = true; }
  /** It has found some, and will look again before it waits. */
  void disarm() { isArmed_ = false; }
  /** Rows have come: signals where a worker may be waiting for them. */
  void signalRows() {
    if (isArmed_.load(std::memory_order_relaxed) && isArmed_.exchange(false)) signal();
  }

 private:
  Waker() = default;
  void detach();
  static void atExit(void* number);
  static void call(napi_env env, napi_value function, void* waker, void*);

  std::mutex mutex_;
  napi_env env_ = nullptr;
  napi_threadsafe_function function_ = nullptr;
  std::atomic<bool> isSignalled_{false};
  std::atomic<bool> isArmed_{false};
};

}  // namespace millrace
