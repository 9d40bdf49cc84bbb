// A question to the brokers and the promise that its answer resolves. It is waited for in a thread of libuv,
// as node-rdkafka's own calls do.
#pragma once
#include <node_api.h>

#include <memory>

namespace millrace {

/** What to ask, and what to make of the answer. */
class BrokerRequest {
 public:
  virtual ~BrokerRequest() = default;

  /** Begins a request, which is deleted when it has come to an end. @returns the promise of its answer. */
  static napi_value start(napi_env env, const char* name, std::unique_ptr<BrokerRequest> request);

 protected:
  /** Asks, and waits for the answer; in another thread than JavaScript's. */
  virtual void ask() = 0;
  /** What the promise is resolved with. */
  virtual napi_value answer(napi_env env) = 0;

 private:
  void end(napi_env env);

  napi_deferred deferred_ = nullptr;
  napi_async_work work_ = nullptr;
};

}  // namespace millrace
