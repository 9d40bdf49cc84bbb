// Where each series lies in a slab. Main and workers compute it from the same dimensions and so agree
// on every index without a message.
import { METRICS, type MetricName } from './catalogue.ts'
import type { LabelAxis, MetricDefinition, MetricDimensions } from './definition.ts'

export type Labels = Readonly<Record<string, string>>

/** A label axis as it is in an application: its values, each once, and the place of each among them. */
interface PlacedAxis {
  readonly names: readonly string[]
  readonly values: readonly (readonly string[])[]
  readonly indexOf: ReadonlyMap<string, number>
}

/**
 * One metric with the places of all its series, which lie one behind the other: the values of the last axis follow
 * each other first. None of them is an object: thousands of tasks have tens of thousands.
 */
export interface MetricPlace {
  readonly name: MetricName
  readonly definition: MetricDefinition
  /** The first slot of the first series. */
  readonly at: number
  /** How many series there are. */
  readonly count: number
  readonly axes: readonly PlacedAxis[]
}

export interface MetricLayout {
  readonly slots: number
  readonly metrics: readonly MetricPlace[]
  readonly byName: ReadonlyMap<MetricName, MetricPlace>
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
  const placed = new Map<LabelAxis, PlacedAxis>()
  const placeAxis = (axis: LabelAxis): PlacedAxis => {
    const known = placed.get(axis) ?? placedAxis(axis, dimensions)
    placed.set(axis, known)
    return known
  }
  const metrics: MetricPlace[] = []
  let slots = 0
  for (const name of namesInOrder()) {
    const definition: MetricDefinition = METRICS[name]
    if (definition.reading !== undefined) continue
    const axes = definition.axes.map(placeAxis)
    const count = axes.reduce((product, { values }) => product * values.length, 1)
    metrics.push({ name, definition, at: slots, count, axes })
    slots += count * slotsOf(definition)
  }
  return { slots, metrics, byName: new Map(metrics.map((metric) => [metric.name, metric])) }
}

/**
 * The first slot of a series.
 * @throws MetricError MILLRACE_METRIC_UNKNOWN when the metric has no such labels here.
 */
export function placeOf(layout: MetricLayout, name: MetricName, labels: Labels): number {
  const place = layout.byName.get(name)
  const index = place === undefined ? -1 : indexOf(place, labels)
  if (place === undefined || index < 0) {
    throw new MetricError(
      'MILLRACE_METRIC_UNKNOWN',
      `there is no series ${name}${JSON.stringify(labels)}: the names are in runtime/metrics/catalogue.ts, ` +
        'the label values in the dimensions that the application started with',
    )
  }
  return place.at + index * slotsOf(place.definition)
}

/** The labels (without `thread_id`, which is the slab's) of a metric's series, counted from 0. */
export function labelsOf({ axes }: MetricPlace, index: number): Labels {
  const chosen: (readonly string[])[] = []
  let rest = index
  for (const { values } of axes.toReversed()) {
    chosen.unshift(values[rest % values.length]!)
    rest = Math.floor(rest / values.length)
  }
  return Object.fromEntries(
    axes.flatMap(({ names }, i) => names.map((name, j) => [name, chosen[i]![j] ?? ''])),
  )
}

/** Which of a metric's series has these labels; -1 where none has. */
function indexOf({ axes }: MetricPlace, labels: Labels): number {
  let index = 0
  let names = 0
  for (const axis of axes) {
    const at = axis.indexOf.get(keyOf(axis.names.map((name) => labels[name])))
    if (at === undefined) return -1
    index = index * axis.values.length + at
    names += axis.names.length
  }
  return Object.keys(labels).length === names ? index : -1
}

function namesInOrder(): MetricName[] {
  return Object.keys(METRICS) as MetricName[]
}

/** What two sets of values share only where they are the same. */
const keyOf = (values: readonly (string | undefined)[]): string =>
  values.length === 1 ? (values[0] ?? '') : JSON.stringify(values)

function placedAxis({ names, values }: LabelAxis, dimensions: MetricDimensions): PlacedAxis {
  const known = new Map<string, number>()
  const distinct = values(dimensions).filter((value) => {
    const key = keyOf(value)
    if (known.has(key)) return false
    known.set(key, known.size)
    return true
  })
  return { names, values: distinct, indexOf: known }
}
