// How far the sources of a query are behind the ends of their topics. Part of the progress report.
import type { MetricSample } from './metrics/snapshot.ts'
import type { SourceOffsets, SourceProgress } from './progress.ts'

/** Records that are not read yet, by partition, where that is known. */
function behindOf(endOffset: SourceOffsets, lags: readonly MetricSample[]) {
  return lags.flatMap(({ labels: { topic = '', partition = '' }, value }) => {
    const offset = endOffset[topic]?.[partition]
    return offset === undefined ? [] : [{ topic, partition, offset, behind: value }]
  })
}

/** Where the topics end, as far as it is known by how far the partitions are behind (`lags`). */
export function latestOffsetOf(
  endOffset: SourceOffsets,
  lags: readonly MetricSample[],
): SourceOffsets | null {
  const latest: Record<string, Record<string, number>> = {}
  const known = behindOf(endOffset, lags)
  for (const { topic, partition, offset, behind } of known) {
    const ofTopic = (latest[topic] ??= {})
    ofTopic[partition] = offset + behind
  }
  return known.length === 0 ? null : latest
}

/** Spark's figures of a Kafka source. */
export function behindLatest(
  endOffset: SourceOffsets,
  lags: readonly MetricSample[],
): SourceProgress['metrics'] {
  const behind = behindOf(endOffset, lags).map((each) => each.behind)
  if (behind.length === 0) return {}
  const sum = behind.reduce((total, records) => total + records, 0)
  return {
    minOffsetsBehindLatest: String(Math.min(...behind)),
    maxOffsetsBehindLatest: String(Math.max(...behind)),
    avgOffsetsBehindLatest: String(sum / behind.length),
  }
}
