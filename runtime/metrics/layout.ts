// Where each series lies in a slab. Main and workers compute it from the same dimensions and so agree
// on every index without a message.
import { METRICS, type MetricName } from './catalogue.ts'
import type { MetricDefinition, MetricDimensions } from './definition.ts'

export type Labels = Readonly<Record<string, string>>

/** One series: its labels (without `thread_id`, which is the slab's) and its first slot. */
export interface SeriesPlace {
  readonly labels: Labels
  readonly at: number
}

/** One metric with the places of all its series. */
export interface MetricPlace {
  readonly name: MetricName
  readonly definition: MetricDefinition
  readonly series: readonly SeriesPlace[]
}

export interface MetricLayout {
  readonly slots: number
  readonly metrics: readonly MetricPlace[]
  readonly index: ReadonlyMap<string, { readonly metric: MetricPlace; readonly at: number }>
}

export type MetricErrorCode = 'MILLRACE_METRIC_UNKNOWN' | 'MILLRACE_METRIC_LAYOUT'

/** A metric was asked for that the catalogue or the application does not have: a mistake in the code. */
export class MetricError extends Error {
  override readonly name = 'MetricError'
  readonly code: MetricErrorCode

  constructor(code: MetricErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Slots of one series: a histogram has one a bucket, one for what is above, and one for the sum. */
export function slotsOf({ type, buckets }: MetricDefinition): number {
  return type === 'histogram' ? buckets.length + 2 : 1
}

/** Lays out every metric of the catalogue for an application; the same input gives the same layout. */
export function layoutOf(dimensions: MetricDimensions): MetricLayout {
  const index = new Map<string, { metric: MetricPlace; at: number }>()
  const metrics: MetricPlace[] = []
  let slots = 0
  for (const name of namesInOrder()) {
    const definition: MetricDefinition = METRICS[name]
    if (definition.reading !== undefined) continue
    const series: SeriesPlace[] = []
    const metric = { name, definition, series }
    for (const labels of labelSets(definition, dimensions)) {
      const key = seriesKey(name, labels)
      if (index.has(key)) continue
      index.set(key, { metric, at: slots })
      series.push({ labels, at: slots })
      slots += slotsOf(definition)
    }
    metrics.push(metric)
  }
  return { slots, metrics, index }
}

/**
 * The first slot of a series.
 * @throws MetricError MILLRACE_METRIC_UNKNOWN when the metric has no such labels here.
 */
export function placeOf(layout: MetricLayout, name: MetricName, labels: Labels): number {
  const place = layout.index.get(seriesKey(name, labels))
  if (place === undefined) {
    throw new MetricError(
      'MILLRACE_METRIC_UNKNOWN',
      `there is no series ${name}${JSON.stringify(labels)}: the names are in runtime/metrics/catalogue.ts, ` +
        'the label values in the dimensions that the application started with',
    )
  }
  return place.at
}

function namesInOrder(): MetricName[] {
  return Object.keys(METRICS) as MetricName[]
}

/** Independent of the order in which labels are written. */
function seriesKey(name: string, labels: Labels): string {
  const names = Object.keys(labels).sort()
  return JSON.stringify([name, ...names.flatMap((label) => [label, labels[label]])])
}

function labelSets(definition: MetricDefinition, dimensions: MetricDimensions): Labels[] {
  let sets: Labels[] = [{}]
  for (const { names, values } of definition.axes) {
    const choices = values(dimensions).map((value) =>
      Object.fromEntries(names.map((name, i) => [name, value[i] ?? ''])),
    )
    sets = sets.flatMap((labels) => choices.map((choice) => ({ ...labels, ...choice })))
  }
  return sets
}
