#include "client-registry.h"

#include <map>

namespace millrace {
namespace {

constexpr char kName[] = "millrace";
constexpr size_t kIdBytesMax = 512;

// Never destroyed: threads of librdkafka go on while the process exits.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Client>> clients;
};

Registry& registry() {
  static auto* all = new Registry();
  return *all;
}

/**
 * Lives as long as a configuration, which is as long as the client that is made of it: acknowledgements
 * still come after the client has left the registry.
 */
struct Holder {
  std::shared_ptr<Client> client;
};

rd_kafka_resp_err_t onDestroy(rd_kafka_t*, void* opaque) {
  std::shared_ptr<Client> client;
  Registry& all = registry();
  {
    std::lock_guard<std::mutex> lock(all.mutex);
    for (auto each = all.clients.begin(); each != all.clients.end(); ++each) {
      if (each->second.get() != opaque) continue;
      client = each->second;
      all.clients.erase(each);
      break;
    }
  }
  if (client != nullptr) client->destroy();
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t onNew(rd_kafka_t* rk, const rd_kafka_conf_t* conf, void* opaque, char*, size_t) {
  char id[kIdBytesMax];
  size_t length = sizeof id;
  const Librdkafka& lib = *librdkafka();
  if (lib.rd_kafka_conf_get(conf, "client.id", id, &length) != RD_KAFKA_CONF_OK) {
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  auto client = std::make_shared<Client>(rk);
  static_cast<Holder*>(opaque)->client = client;
  lib.rd_kafka_interceptor_add_on_destroy(rk, kName, onDestroy, client.get());
  if (lib.rd_kafka_type(rk) == RD_KAFKA_PRODUCER) {
    lib.rd_kafka_interceptor_add_on_acknowledgement(rk, kName, Deliveries::onAcknowledgement, nullptr);
  }
  Registry& all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.clients[id] = client;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t onConfDestroy(void* opaque) {
  delete static_cast<Holder*>(opaque);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t onConfDup(rd_kafka_conf_t* copy, const rd_kafka_conf_t*, size_t, const char**, void*);

void intercept(rd_kafka_conf_t* conf) {
  const Librdkafka& lib = *librdkafka();
  auto* holder = new Holder();
  // A copied configuration loads its plugins again: then it has been seen to.
  if (lib.rd_kafka_conf_interceptor_add_on_new(conf, kName, onNew, holder) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    delete holder;
    return;
  }
  lib.rd_kafka_conf_interceptor_add_on_conf_destroy(conf, kName, onConfDestroy, holder);
  lib.rd_kafka_conf_interceptor_add_on_conf_dup(conf, kName, onConfDup, nullptr);
}

rd_kafka_resp_err_t onConfDup(rd_kafka_conf_t* copy, const rd_kafka_conf_t*, size_t, const char**, void*) {
  intercept(copy);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

bool Client::enter() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (isClosing_) return false;
  inside_ += 1;
  return true;
}

void Client::leave() {
  std::lock_guard<std::mutex> lock(mutex_);
  inside_ -= 1;
  if (inside_ == 0 && isClosing_) left_.notify_all();
}

void Client::each(const std::function<void(Resource&)>& visit) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (Resource* resource : resources_) visit(*resource);
}

void Client::attach(Resource* resource) {
  std::lock_guard<std::mutex> lock(mutex_);
  resources_.insert(resource);
}

void Client::detach(Resource* resource) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (resources_.erase(resource) > 0) resource->release();
}

void Client::destroy() {
  std::unique_lock<std::mutex> lock(mutex_);
  isClosing_ = true;
  left_.wait(lock, [this] { return inside_ == 0; });
  for (Resource* resource : resources_) resource->release();
  resources_.clear();
}

std::shared_ptr<Client> findClient(const std::string& id) {
  Registry& all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.clients.find(id);
  return found == all.clients.end() ? nullptr : found->second;
}

size_t clientCount() {
  Registry& all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  return all.clients.size();
}

}  // namespace millrace

/** librdkafka calls it when `plugin.library.paths` names the addon. */
extern "C" __attribute__((visibility("default"))) rd_kafka_resp_err_t conf_init(rd_kafka_conf_t* conf, void**,
                                                                                char*, size_t) {
  if (!millrace::bindLibrdkafka(__builtin_return_address(0))) return RD_KAFKA_RESP_ERR__FAIL;
  millrace::intercept(conf);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}
