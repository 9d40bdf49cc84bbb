// As much of Node's node_api.h as the addon's waker needs, with the same signatures. node-api.cc does what
// they say without Node, so that the waker runs under a sanitizer.
#pragma once
#include <cstddef>

struct napi_env__;
struct napi_value__;
struct napi_threadsafe_function__;
using napi_env = napi_env__*;
using napi_value = napi_value__*;
using napi_threadsafe_function = napi_threadsafe_function__*;

enum napi_status { napi_ok, napi_closing };
enum napi_threadsafe_function_release_mode { napi_tsfn_release, napi_tsfn_abort };
enum napi_threadsafe_function_call_mode { napi_tsfn_nonblocking, napi_tsfn_blocking };
using napi_finalize = void (*)(napi_env, void*, void*);
using napi_cleanup_hook = void (*)(void*);
using napi_threadsafe_function_call_js = void (*)(napi_env, napi_value, void*, void*);

constexpr size_t NAPI_AUTO_LENGTH = static_cast<size_t>(-1);

napi_status napi_create_string_utf8(napi_env, const char*, size_t, napi_value*);
napi_status napi_get_undefined(napi_env, napi_value*);
napi_status napi_call_function(napi_env, napi_value, napi_value, size_t, const napi_value*, napi_value*);
napi_status napi_add_env_cleanup_hook(napi_env, napi_cleanup_hook, void*);
napi_status napi_remove_env_cleanup_hook(napi_env, napi_cleanup_hook, void*);
napi_status napi_create_threadsafe_function(napi_env, napi_value, napi_value, napi_value, size_t, size_t,
                                            void*, napi_finalize, void*, napi_threadsafe_function_call_js,
                                            napi_threadsafe_function*);
napi_status napi_unref_threadsafe_function(napi_env, napi_threadsafe_function);
napi_status napi_call_threadsafe_function(napi_threadsafe_function, void*,
                                          napi_threadsafe_function_call_mode);
napi_status napi_release_threadsafe_function(napi_threadsafe_function, napi_threadsafe_function_release_mode);
