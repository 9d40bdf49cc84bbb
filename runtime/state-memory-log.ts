// Tells in the log when stores take more memory than they are meant to: pages go to a file then, what finds keys
// and counts in windows do not. Made by the stream client.
import type { StreamsConfig } from '../config/config.ts'
import type { Clock } from './clock.ts'
import { collectMetric } from './metrics/snapshot.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { RunLog } from './run-log.ts'
import { stateMemoryBytes } from './state-memory-bytes.ts'

const LOOK_MS = 10_000
/** However small the bound, stores have some pages in work. */
const LEEWAY_BYTES = 8_388_608

type MemoryConfig = Pick<StreamsConfig, 'stateMemoryMaxBytes'>

/** The memory of one client's stores, by its metrics. */
export class StateMemoryLog {
  readonly #slabs: () => readonly MetricSlab[]
  readonly #config: () => MemoryConfig
  readonly #log: RunLog
  #stop: (() => void) | undefined
  #wasBeyond = false

  /** @param config asked each time. */
  constructor(slabs: () => readonly MetricSlab[], config: () => MemoryConfig, log: RunLog) {
    this.#slabs = slabs
    this.#config = config
    this.#log = log
  }

  start(clock: Clock): void {
    this.#stop = clock.every(LOOK_MS, () => this.look())
  }

  stop(): void {
    this.#stop?.()
  }

  /** Tells of it once each time that they go beyond. */
  look(): void {
    const stores = new Map<string, number>()
    for (const { labels, value } of collectMetric(this.#slabs(), 'kafka_stream_state_size_bytes')) {
      const { medium, store = '' } = labels
      if (medium === 'memory') stores.set(store, (stores.get(store) ?? 0) + value)
    }
    const bytes = [...stores.values()].reduce((sum, each) => sum + each, 0)
    const bytesMax = stateMemoryBytes(this.#config())
    const isBeyond = bytes > bytesMax + LEEWAY_BYTES
    if (isBeyond && !this.#wasBeyond) {
      const largest = [...stores].sort(([, one], [, other]) => other - one).slice(0, 3)
      this.#log.warn(
        { bytes, bytesMax, largest: Object.fromEntries(largest) },
        'stores take more memory than state.memory.max.bytes: keys and counts do not go to the file; keep less (retention, grace), add instances, or raise it',
      )
    }
    this.#wasBeyond = isBeyond
  }
}
