// One picture of all threads' metrics, taken on the main thread: what server/ turns into text.
import { METRICS, type MetricName, type NameOf } from './catalogue.ts'
import type { Aggregation, MetricDefinition, MetricType, RecordingLevel } from './definition.ts'
import { labelsOf, MetricError, slotsOf, type Labels, type MetricPlace } from './layout.ts'
import type { MetricSlab } from './slab.ts'

/** One series with its value. For a histogram the counts are cumulative; the last is the total. */
export interface MetricSample {
  readonly labels: Labels
  /** The value, or the sum of what a histogram observed. */
  readonly value: number
  readonly cumulativeCounts: readonly number[]
}

/** All series of one metric. */
export interface MetricFamily {
  readonly name: MetricName
  readonly type: MetricType
  readonly help: string
  readonly buckets: readonly number[]
  readonly samples: readonly MetricSample[]
}

/** A value that the main thread reads off at a scrape: settings, versions, round trips. */
export interface Reading {
  readonly name: NameOf<'gauge'>
  readonly labels: Labels
  readonly value: number
}

/**
 * Merges the slabs of all threads; they must have been made from the same dimensions. Metrics
 * without any series are left out, and those that `level` does not have.
 * @throws MetricError MILLRACE_METRIC_UNKNOWN for a reading that the catalogue does not declare as one.
 */
export function collectMetrics(
  slabs: readonly MetricSlab[],
  readings: readonly Reading[] = [],
  level: RecordingLevel = 'DEBUG',
): MetricFamily[] {
  const all = slabs[0]?.layout.metrics ?? []
  // What was counted while there was more to count is not shown as if it went on.
  const places = all.filter(({ definition }) => level === 'DEBUG' || definition.level === 'INFO')
  const families = places.map((place) => familyOf(place.name, samplesOf(place, slabs)))
  return [...familiesOf(readings), ...families].filter(({ samples }) => samples.length > 0)
}

/** The series of one metric, merged as all are. */
export function collectMetric(slabs: readonly MetricSlab[], name: MetricName): MetricSample[] {
  const place = slabs[0]?.layout.metrics.find((each) => each.name === name)
  return place === undefined ? [] : samplesOf(place, slabs)
}

function familyOf(name: MetricName, samples: readonly MetricSample[]): MetricFamily {
  const { type, help, buckets } = METRICS[name]
  return { name, type, help, buckets, samples }
}

function samplesOf(place: MetricPlace, slabs: readonly MetricSlab[]): MetricSample[] {
  const { definition } = place
  if (definition.perThread) return slabs.flatMap((slab) => threadSamples(place, slab))
  const samples: MetricSample[] = []
  for (let i = 0; i < place.count; i++) {
    const at = place.at + i * slotsOf(definition)
    if (definition.type === 'histogram') {
      const merged = mergeHistograms(definition, slabs, at)
      if (merged !== undefined) samples.push({ labels: labelsOf(place, i), ...merged })
    } else {
      const value = merge(slabs, at, definition.aggregation)
      if (value === undefined) continue
      samples.push({ labels: labelsOf(place, i), value, cumulativeCounts: [] })
    }
  }
  return samples.length > definition.seriesMax ? sumByTopic(samples) : samples
}

function threadSamples(place: MetricPlace, { slots, spec }: MetricSlab): MetricSample[] {
  const samples: MetricSample[] = []
  for (let i = 0; i < place.count; i++) {
    const value = slots[place.at + i * slotsOf(place.definition)] ?? NaN
    if (Number.isNaN(value)) continue
    const labels = { thread_id: spec.threadId ?? 'main', ...labelsOf(place, i) }
    samples.push({ labels, value, cumulativeCounts: [] })
  }
  return samples
}

const combine: Record<Aggregation, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
}

/** The value of a series over the threads that have it, or undefined when none has. */
function merge(slabs: readonly MetricSlab[], at: number, aggregation: Aggregation) {
  let merged: number | undefined
  for (const { slots } of slabs) {
    const value = slots[at] ?? NaN
    if (Number.isNaN(value)) continue
    merged = merged === undefined ? value : combine[aggregation](merged, value)
  }
  return merged
}

function mergeHistograms({ buckets }: MetricDefinition, slabs: readonly MetricSlab[], at: number) {
  const value = merge(slabs, at + buckets.length + 1, 'sum')
  if (value === undefined) return undefined
  const cumulativeCounts: number[] = []
  let count = 0
  for (let bucket = 0; bucket <= buckets.length; bucket++) {
    count += merge(slabs, at + bucket, 'sum') ?? 0
    cumulativeCounts.push(count)
  }
  return { value, cumulativeCounts }
}

/** Keeps wide topics from flooding Prometheus: one series for all partitions of a topic. */
function sumByTopic(samples: readonly MetricSample[]): MetricSample[] {
  const totals = new Map<string, number>()
  for (const { labels, value } of samples) {
    const topic = labels['topic'] ?? ''
    totals.set(topic, (totals.get(topic) ?? 0) + value)
  }
  return [...totals].map(([topic, value]) => ({
    labels: { topic, partition: 'all' },
    value,
    cumulativeCounts: [],
  }))
}

function familiesOf(readings: readonly Reading[]): MetricFamily[] {
  const samples = new Map<MetricName, MetricSample[]>()
  for (const { name, labels, value } of readings) {
    const declared = METRICS[name].reading
    if (declared === undefined || !sameNames(declared, Object.keys(labels))) {
      throw new MetricError(
        'MILLRACE_METRIC_UNKNOWN',
        `${name}${JSON.stringify(labels)} is not declared as a reading with these labels in runtime/metrics/catalogue.ts`,
      )
    }
    if (Number.isNaN(value)) continue
    const family = samples.get(name) ?? []
    family.push({ labels, value, cumulativeCounts: [] })
    samples.set(name, family)
  }
  return [...samples].map(([name, family]) => familyOf(name, family))
}

function sameNames(declared: readonly string[], given: readonly string[]): boolean {
  return declared.length === given.length && given.every((name) => declared.includes(name))
}
