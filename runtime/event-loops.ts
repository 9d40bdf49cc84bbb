// How busy the event loops of an instance are: that of the main thread, which commits and serves, and those
// of its stream threads. The client looks at them when somebody asks for its metrics.
import type { LoopTimes } from './launch.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { ThreadPhases } from './thread-phases.ts'

/** Two that scrape must not spoil each other's figures by looking at moments. */
const LOOK_MS = 1_000

/** A thread with an event loop. */
export interface LoopOwner {
  readonly threadId: string
  readonly loopTimes: LoopTimes | undefined
}

interface Seen extends LoopTimes {
  readonly waitedMs: number
}

/** The loops of one instance. */
export class EventLoops {
  readonly #seen = new Map<MetricSlab, Seen>()
  #lookedMs = -Infinity

  /**
   * Tells the share of work since the last look, at most once a second.
   * @param slabs the main thread's first, then those of its threads.
   */
  look(
    slabs: readonly MetricSlab[],
    threads: readonly LoopOwner[],
    nowMs = performance.now(),
  ): void {
    if (nowMs - this.#lookedMs < LOOK_MS) return
    this.#lookedMs = nowMs
    const [main, ...others] = slabs
    if (main !== undefined) this.#tell(main, performance.eventLoopUtilization(), 0)
    for (const { threadId, loopTimes } of threads) {
      const slab = others.find(({ spec }) => spec.threadId === threadId)
      if (slab === undefined || loopTimes === undefined) continue
      // A stream thread waits by itself, which its loop takes for work.
      this.#tell(slab, loopTimes, new ThreadPhases(slab).waitedSeconds * 1_000)
    }
  }

  #tell(slab: MetricSlab, { active, idle }: LoopTimes, waitedMs: number): void {
    const before = this.#seen.get(slab) ?? { active: 0, idle: 0, waitedMs: 0 }
    this.#seen.set(slab, { active, idle, waitedMs })
    // A thread that replaces another begins anew.
    const since = active < before.active ? { active: 0, idle: 0, waitedMs } : before
    const wholeMs = active - since.active + idle - since.idle
    const workMs = active - since.active - (waitedMs - since.waitedMs)
    if (wholeMs <= 0) return
    const ratio = Math.min(1, Math.max(0, workMs / wholeMs))
    slab.gauge('kafka_stream_thread_eventloop_utilization_ratio').set(ratio)
  }
}
