// From a row's timestamp until its result can be read, out of the histograms of the sinks: looked at so often
// that what came in between is of nearly one age. Used by measured-job.ts while rows come live.
import type { MetricFamily } from '../../runtime/metrics/snapshot.ts'

const NAME = 'kafka_stream_processor_node_record_e2e_latency_seconds'

/** Results of one look. */
interface Slice {
  readonly atMs: number
  /** Latency until they were put out, and how many. */
  readonly results: readonly (readonly [latencyMs: number, count: number])[]
}

/** One sink's histogram at the last look. */
interface Seen {
  readonly sum: number
  readonly counts: readonly number[]
}

export class Latencies {
  readonly #sinks: ReadonlySet<string>
  readonly #isReadAtCommit: boolean
  readonly #seen = new Map<string, Seen>()
  #waiting: Slice[] = []
  readonly #latencies: [latencyMs: number, count: number][] = []

  /** With `isReadAtCommit` readers see a result only when it is committed: the wait for that counts. */
  constructor(sinks: Iterable<string>, isReadAtCommit: boolean) {
    this.#sinks = new Set(sinks)
    this.#isReadAtCommit = isReadAtCommit
  }

  /** Takes what came since the last look. */
  look(families: readonly MetricFamily[], nowMs: number): void {
    const family = families.find(({ name }) => name === NAME)
    const results = (family?.samples ?? []).flatMap(({ labels, value, cumulativeCounts }) => {
      const sink = labels['processor_node_id'] ?? ''
      if (!this.#sinks.has(sink)) return []
      const counts = cumulativeCounts.map((count, i) => count - (cumulativeCounts[i - 1] ?? 0))
      const before = this.#seen.get(sink)
      this.#seen.set(sink, { sum: value, counts })
      const added = counts.map((count, i) => count - (before?.counts[i] ?? 0))
      return agesOf(added, value - (before?.sum ?? 0), family?.buckets ?? [])
    })
    if (results.length > 0) this.#waiting.push({ atMs: nowMs, results })
    if (!this.#isReadAtCommit) this.committed(nowMs)
  }

  /** What was put out before can be read now. */
  committed(nowMs: number): void {
    for (const { atMs, results } of this.#waiting) {
      const waitMs = this.#isReadAtCommit ? nowMs - atMs : 0
      for (const [ms, count] of results) this.#latencies.push([ms + waitMs, count])
    }
    this.#waiting = []
  }

  /** Forgets what came so far. */
  clear(): void {
    this.#waiting = []
    this.#latencies.length = 0
  }

  /** Results so far. */
  get count(): number {
    return this.#latencies.reduce((sum, [, count]) => sum + count, 0)
  }

  /** The latency in ms that a share of the results does not exceed; NaN of none. */
  quantile(share: number): number {
    const sorted = this.#latencies.sort(([a], [b]) => a - b)
    let left = this.count * share
    for (const [ms, count] of sorted) {
      left -= count
      if (left <= 0) return ms
    }
    return NaN
  }
}

/** Ages in ms: what lies in one bucket has the mean, which is exact; of several each its middle, moved to fit. */
function agesOf(
  added: readonly number[],
  sumSeconds: number,
  buckets: readonly number[],
): [number, number][] {
  const filled = added.flatMap((count, i) => (count > 0 ? [{ count, i }] : []))
  const middles = filled.map(({ count, i }) => {
    const low = buckets[i - 1] ?? 0
    const high = buckets[i] ?? low * 2
    return { count, low, high, middle: (low + high) / 2 }
  })
  const guess = middles.reduce((sum, { count, middle }) => sum + count * middle, 0)
  const scale = guess > 0 ? sumSeconds / guess : 1
  const isOne = middles.length === 1
  return middles.map(({ count, low, high, middle }) => {
    const scaled = middle * scale
    return [1_000 * (isOne ? scaled : Math.min(high, Math.max(low, scaled))), count]
  })
}
