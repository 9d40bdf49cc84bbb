// Where the time of a thread goes. The thread says what it does; within that its tasks tell apart what
// they spend on reading and on punctuators.
import type { Counter, Histogram, MetricSlab } from './metrics/slab.ts'

/** What a thread does. */
export type Phase = 'poll' | 'process' | 'punctuate' | 'commit' | 'restore' | 'blocked' | 'idle'

/** The phases of one thread (Kafka Streams' poll-, process-, punctuate- and commit-ratio). */
export class ThreadPhases {
  readonly #seconds: Readonly<Record<Phase, Counter>>
  readonly #latencies: Partial<Readonly<Record<Phase, Histogram>>>
  /** What parts have taken of the phase in work. */
  #partSeconds = 0

  constructor(slab: MetricSlab) {
    const seconds = (phase: Phase): Counter =>
      slab.counter('kafka_stream_thread_phase_seconds_total', { phase })
    const latency = (operation: Phase): Histogram =>
      slab.histogram('kafka_stream_thread_latency_seconds', { operation })
    this.#seconds = {
      poll: seconds('poll'),
      process: seconds('process'),
      punctuate: seconds('punctuate'),
      commit: seconds('commit'),
      restore: seconds('restore'),
      blocked: seconds('blocked'),
      idle: seconds('idle'),
    }
    this.#latencies = {
      poll: latency('poll'),
      process: latency('process'),
      punctuate: latency('punctuate'),
      commit: latency('commit'),
    }
  }

  /** Seconds that the thread has waited, for records or for the broker. */
  get waitedSeconds(): number {
    return this.#seconds.blocked.value + this.#seconds.idle.value
  }

  /** Runs work and counts its time; work that answers 0 found nothing to do, and is no operation. */
  in<T>(phase: Phase, work: () => T): T {
    const startMs = performance.now()
    this.#partSeconds = 0
    let result: T | undefined
    try {
      result = work()
      return result
    } finally {
      const seconds = Math.max(0, (performance.now() - startMs) / 1_000 - this.#partSeconds)
      this.#seconds[phase].add(seconds)
      if (result !== 0) this.#latencies[phase]?.observe(seconds)
    }
  }

  /**
   * A part of the phase in work is done that began at `startMs` of `performance.now()`: it counts by itself.
   * @param isOperation false for one that found nothing to do.
   */
  part(phase: 'poll' | 'punctuate', startMs: number, isOperation = true): void {
    const seconds = (performance.now() - startMs) / 1_000
    this.#partSeconds += seconds
    this.#seconds[phase].add(seconds)
    if (isOperation) this.#latencies[phase]?.observe(seconds)
  }
}
