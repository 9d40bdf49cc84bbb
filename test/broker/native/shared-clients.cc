// Clients that come and go while other threads look them up and use them.
#include <atomic>

#include "../../../broker/native/client-registry.h"
#include "../../../broker/native/packed-writer.h"
#include "../../../broker/native/partition-reader.h"
#include "shared-parts.h"

using millrace::Client;
using millrace::clientCount;
using millrace::findClient;
using millrace::PackedWriter;
using millrace::PartitionReader;

void scenarios::clients() {
  constexpr int kClients = 3;
  constexpr int kRounds = 60;
  std::atomic<int> living{kClients};
  Threads threads;
  // The first of them finds librdkafka's functions, all at once.
  for (int number = 0; number < kClients; number++) {
    threads.add([number, &living] {
      const std::string id = "client-" + std::to_string(number);
      for (int round = 0; round < kRounds; round++) {
        rd_kafka_t* rk = round % 2 == 0 ? producer(id) : consumer(id);
        check(rk != nullptr, "every function of librdkafka is found: does the fake one have all?");
        check(findClient(id) != nullptr, "a client is there while it lives");
        fake::destroy(rk);
        check(findClient(id) == nullptr, "a client is not there after its end");
      }
      living -= 1;
    });
  }
  for (int number = 0; number < kClients; number++) {
    threads.add([number, &living] {
      const std::string id = "client-" + std::to_string(number);
      while (living > 0) {
        check(clientCount() <= kClients, "no more clients than were made");
        const auto client = findClient(id);
        if (client == nullptr) continue;
        // It may end meanwhile: the memory stays, what is asked of it is refused.
        client->deliveries.inFlight(client->deliveries.turn());
        client->deliveries.takeAbandoned();
        const auto writer = PackedWriter::open(client, "topic", nullptr);
        PartitionReader::split(*client, "topic", 0);
        const auto reader = PartitionReader::open(client, {"topic", 0, 0}, nullptr);
      }
    });
  }
  threads.join();
  check(clientCount() == 0, "no client is left");
}
