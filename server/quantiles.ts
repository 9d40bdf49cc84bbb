// Quantiles of what histograms took between two snapshots, interpolated as Prometheus' histogram_quantile
// does it. Part of the history.
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import type { Quantiles } from './wire.ts'

const NAME = 'kafka_stream_processor_node_record_e2e_latency_seconds'

/** Quantiles of the latency until the sinks of these names since `before`; null when nothing was observed. */
export function quantilesOf(
  before: readonly MetricFamily[],
  now: readonly MetricFamily[],
  sinks: ReadonlySet<string>,
): Quantiles | null {
  const then = countsOf(before, sinks)
  const { buckets, cumulative } = countsOf(now, sinks)
  const counts = cumulative.map((count, i) => count - (then.cumulative[i] ?? 0))
  if ((counts.at(-1) ?? 0) <= 0) return null
  return {
    p50: quantile(0.5, buckets, counts),
    p95: quantile(0.95, buckets, counts),
    p99: quantile(0.99, buckets, counts),
  }
}

function countsOf(families: readonly MetricFamily[], sinks: ReadonlySet<string>) {
  const family = families.find(({ name }) => name === NAME)
  const cumulative: number[] = []
  for (const { labels, cumulativeCounts } of family?.samples ?? []) {
    if (!sinks.has(labels['processor_node_id'] ?? '')) continue
    cumulativeCounts.forEach((count, i) => (cumulative[i] = (cumulative[i] ?? 0) + count))
  }
  return { buckets: family?.buckets ?? [], cumulative }
}

/** `cumulative` has one count more than there are buckets: that of everything. */
export function quantile(
  q: number,
  buckets: readonly number[],
  cumulative: readonly number[],
): number {
  const rank = q * (cumulative.at(-1) ?? 0)
  const at = cumulative.findIndex((count) => count >= rank)
  const end = buckets[at]
  // Nobody knows how far beyond the last bucket it is.
  if (end === undefined) return buckets.at(-1) ?? 0
  const start = buckets[at - 1] ?? 0
  const below = cumulative[at - 1] ?? 0
  const within = (cumulative[at] ?? 0) - below
  return within === 0 ? end : start + ((end - start) * (rank - below)) / within
}
