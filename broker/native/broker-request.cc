#include "broker-request.h"

namespace millrace {

napi_value BrokerRequest::start(napi_env env, const char* name, std::unique_ptr<BrokerRequest> request) {
  BrokerRequest* self = request.release();
  napi_value promise;
  napi_value resource;
  napi_create_promise(env, &self->deferred_, &promise);
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &resource);
  napi_create_async_work(
      env, nullptr, resource, [](napi_env, void* data) { static_cast<BrokerRequest*>(data)->ask(); },
      [](napi_env env, napi_status, void* data) {
        const std::unique_ptr<BrokerRequest> ended(static_cast<BrokerRequest*>(data));
        ended->end(env);
      },
      self, &self->work_);
  napi_queue_async_work(env, self->work_);
  return promise;
}

void BrokerRequest::end(napi_env env) {
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  napi_resolve_deferred(env, deferred_, answer(env));
  napi_delete_async_work(env, work_);
  napi_close_handle_scope(env, scope);
}

}  // namespace millrace
