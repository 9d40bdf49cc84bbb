// Finds values in the runtime's snapshot of metrics. status.ts and history.ts read through it.
import type { MetricName } from '../runtime/metrics/catalogue.ts'
import type { MetricFamily, MetricSample } from '../runtime/metrics/snapshot.ts'

/** The samples of a metric; none where it has no series. */
export function samplesOf(
  families: readonly MetricFamily[],
  name: MetricName,
): readonly MetricSample[] {
  return families.find((family) => family.name === name)?.samples ?? []
}

/** The sum of a metric by the value of one of its labels, as of a counter over all tasks. */
export function sumsBy(
  families: readonly MetricFamily[],
  name: MetricName,
  label: string,
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { labels, value } of samplesOf(families, name)) {
    const key = labels[label] ?? ''
    sums.set(key, (sums.get(key) ?? 0) + value)
  }
  return sums
}

/** The sum over all series; undefined without any. */
export function sumOf(families: readonly MetricFamily[], name: MetricName): number | undefined {
  const samples = samplesOf(families, name)
  return samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0)
}
