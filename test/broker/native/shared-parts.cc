// The parts of the addon that threads share, driven by several at once over a librdkafka and a Node that
// are not there. Built with a sanitizer and run by sanitized-sharing.test.ts, a scenario a process.
#include "shared-parts.h"

#include <cstring>
#include <utility>

void scenarios::race() {
  int64_t shared = 0;
  Threads threads;
  for (int i = 0; i < 2; i++) {
    threads.add([&shared] {
      for (int n = 0; n < 1'000; n++) shared += 1;
    });
  }
  threads.join();
  std::printf("counted to %lld\n", static_cast<long long>(shared));
}

int main(int count, char** args) {
  const std::pair<const char*, void (*)()> all[] = {
      {"clients", scenarios::clients}, {"writers", scenarios::writers},   {"failures", scenarios::failures},
      {"readers", scenarios::readers}, {"endings", scenarios::endings},   {"wakers", scenarios::wakers},
      {"race", scenarios::race},       {"scanners", scenarios::scanners},
  };
  for (const auto& [name, run] : all) {
    if (count < 2 || std::strcmp(name, args[1]) != 0) continue;
    run();
    std::printf("done\n");
    return 0;
  }
  std::fprintf(stderr, "no such scenario\n");
  return 2;
}
