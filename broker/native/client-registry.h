// The clients of librdkafka that were made with the addon as their plugin, by client.id. Interceptors
// bring them in and take them out; whoever uses one enters it, so that it cannot be destroyed meanwhile.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "deliveries.h"
#include "librdkafka.h"

namespace millrace {

class PartitionReader;

/** Something of librdkafka's that must be given back before its client is destroyed. */
class Resource {
 public:
  virtual ~Resource() = default;
  /** The reader that it is, if it is one. */
  virtual PartitionReader* asReader() { return nullptr; }

 protected:
  friend class Client;
  /** Gives it back: called once, while the client is alive and held. */
  virtual void release() = 0;
};

/** A client while it lives, and its memory for as long as anything refers to it. */
class Client {
 public:
  explicit Client(rd_kafka_t* rk) : deliveries(this), rk_(rk) {}

  /** Valid between `enter` and `leave`, and in `Resource::release`. */
  rd_kafka_t* handle() const { return rk_; }

  /** Keeps the client alive until `leave`. @returns false when it is being destroyed, or was. */
  bool enter();
  void leave();

  /** Visits what is attached. */
  void each(const std::function<void(Resource&)>& visit);
  /** Called inside the client. */
  void attach(Resource* resource);
  /** Releases the resource, unless the client's end has done so before. */
  void detach(Resource* resource);

  /** Waits until nobody is inside, and releases what is attached. */
  void destroy();

  Deliveries deliveries;

 private:
  rd_kafka_t* const rk_;
  std::mutex mutex_;
  std::condition_variable left_;
  int inside_ = 0;
  bool isClosing_ = false;
  std::set<Resource*> resources_;
};

/** Inside a client while in scope, if it lets one in. */
class Inside {
 public:
  explicit Inside(Client& client) : client_(client), entered_(client.enter()) {}
  ~Inside() {
    if (entered_) client_.leave();
  }
  Inside(const Inside&) = delete;
  explicit operator bool() const { return entered_; }

 private:
  Client& client_;
  const bool entered_;
};

/** The client of that client.id, or nullptr. */
std::shared_ptr<Client> findClient(const std::string& id);
/** How many clients are alive. */
size_t clientCount();

}  // namespace millrace
