// Values between JavaScript and C++: what each binding file needs of N-API, and no more.
#pragma once
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace millrace {

/** The arguments of a call; those left out are undefined. */
template <size_t N>
struct Arguments {
  napi_value values[N];
  size_t count = N;

  Arguments(napi_env env, napi_callback_info info) {
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  }
  napi_value operator[](size_t i) const { return values[i]; }
};

/** A view of a typed array; valid until JavaScript may run again. */
template <class T>
struct Span {
  T* data = nullptr;
  size_t length = 0;
};

template <class T>
Span<T> spanOf(napi_env env, napi_value value) {
  Span<T> span;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, nullptr, &span.length, &data, nullptr, nullptr) == napi_ok) {
    span.data = static_cast<T*>(data);
  }
  return span;
}

std::string stringOf(napi_env env, napi_value value);
int32_t int32Of(napi_env env, napi_value value);
int64_t int64Of(napi_env env, napi_value value);
napi_value numberOf(napi_env env, double value);
/** Throws an Error in JavaScript. @returns nullptr, to be returned at once. */
napi_value fail(napi_env env, const char* message);
void setFunction(napi_env env, napi_value exports, const char* name, napi_callback function);

/** Hands an object over to JavaScript, which deletes it when its handle is collected. */
template <class T>
napi_value handleOf(napi_env env, T* object) {
  napi_value handle;
  napi_create_external(
      env, object, [](napi_env, void* data, void*) { delete static_cast<T*>(data); }, nullptr, &handle);
  return handle;
}

template <class T>
T* objectOf(napi_env env, napi_value handle) {
  void* object = nullptr;
  napi_get_value_external(env, handle, &object);
  return static_cast<T*>(object);
}

}  // namespace millrace
