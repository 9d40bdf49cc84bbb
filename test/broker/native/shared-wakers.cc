// Wakers that are closed, or whose thread ends, while others signal.
#include <atomic>
#include <memory>

#include "../../../broker/native/waker.h"
#include "fakes/node-api.h"
#include "shared-parts.h"

using millrace::Waker;

void scenarios::wakers() {
  constexpr int kRounds = 40;
  constexpr int kWakers = 4;
  constexpr int kSignallers = 3;
  for (int round = 0; round < kRounds; round++) {
    auto env = std::make_unique<napi_env__>();
    std::atomic<int64_t> calls{0};
    FakeFunction wake = [&calls] { calls += 1; };
    std::vector<int32_t> numbers;
    for (int i = 0; i < kWakers; i++) numbers.push_back(Waker::open(env.get(), napi_env__::toValue(&wake)));
    std::atomic<bool> isOver{false};
    Threads threads;
    for (int thread = 0; thread < kSignallers; thread++) {
      threads.add([&] {
        std::vector<std::shared_ptr<Waker>> found;
        for (const int32_t number : numbers) found.push_back(Waker::find(number));
        while (!isOver) {
          for (const auto& waker : found) {
            if (waker == nullptr) continue;
            waker->arm();
            waker->signalRows();
            waker->signal();
          }
        }
      });
    }
    waitUntil("signals come through", [&] {
      env->turn(std::chrono::milliseconds(1));
      return calls > kWakers;
    });
    Waker::close(numbers[0]);
    Waker::close(numbers[0]);
    check(Waker::find(numbers[0]) == nullptr, "a waker that was closed is not found");
    env->turn(std::chrono::milliseconds(0));
    // The thread ends with the others open, in the midst of signals.
    env.reset();
    const int64_t atEnd = calls;
    check(Waker::find(numbers[1]) == nullptr, "a waker whose thread has ended is not found");
    isOver = true;
    threads.join();
    check(calls == atEnd, "no call comes after the end");
  }
}
