// What the scenarios of shared-parts.cc have in common.
#pragma once
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "fakes/librdkafka.h"

/** The addon's entry as a plugin of librdkafka's. */
extern "C" rd_kafka_resp_err_t conf_init(rd_kafka_conf_t* conf, void**, char*, size_t);

namespace scenarios {

void clients();
void writers();
void failures();
void readers();
void endings();
void wakers();
void scanners();
/** Has a race of its own, to show that one is seen. */
void race();

/** Ends the program with an error. */
inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(1);
}

/** Waits for `holds`; fails after the deadline. */
template <class Condition>
void waitUntil(const char* what, Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds()) {
    check(std::chrono::steady_clock::now() < deadline, what);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

/** Threads that are waited for. */
class Threads {
 public:
  ~Threads() { join(); }
  template <class Work>
  void add(Work work) {
    threads_.emplace_back(work);
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

inline rd_kafka_t* producer(const std::string& id) { return fake::open({RD_KAFKA_PRODUCER, id}, conf_init); }

inline rd_kafka_t* consumer(const std::string& id) { return fake::open({RD_KAFKA_CONSUMER, id}, conf_init); }

}  // namespace scenarios
