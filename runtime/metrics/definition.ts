// The words in which the catalogue declares metrics: types, label axes and histogram buckets.
// Only catalogue.ts and the layout read them.

/** What the labels of one application can be; plain JSON, so main and workers derive the same layout. */
export interface MetricDimensions {
  readonly tasks: readonly { readonly taskId: string }[]
  readonly topics: readonly string[]
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
  readonly stores: readonly { readonly name: string }[]
  /** The operators of each task. */
  readonly operators: readonly { readonly taskId: string; readonly node: string }[]
  /** Sources and sinks: where end-to-end latency is observed. */
  readonly nodes: readonly string[]
  readonly dropReasons: readonly string[]
}

export type MetricType = 'counter' | 'gauge' | 'histogram'

/** How the values of several threads become one series. */
export type Aggregation = 'sum' | 'max' | 'min'

/** Labels that vary together, and the values they can take in an application. */
export interface LabelAxis {
  readonly names: readonly string[]
  readonly values: (dimensions: MetricDimensions) => readonly (readonly string[])[]
}

export interface MetricDefinition<T extends MetricType = MetricType> {
  readonly type: T
  readonly help: string
  readonly axes: readonly LabelAxis[]
  readonly aggregation: Aggregation
  /** One series for each thread, labelled `thread_id`; otherwise threads are aggregated. */
  readonly perThread: boolean
  /** Ascending upper bounds of a histogram, without the infinite one. */
  readonly buckets: readonly number[]
  /** Read off by the main thread at a scrape, with labels unknown at start: it has no slots. */
  readonly reading: readonly string[] | undefined
  /** From which `metrics.recording.level` on it is there. */
  readonly level: RecordingLevel
  /** With more series than this, partitions are summed up for each topic. */
  readonly seriesMax: number
}

/** How much is measured (Kafka Streams' `Sensor.RecordingLevel`): `DEBUG` is `INFO` and more. */
export type RecordingLevel = 'INFO' | 'DEBUG'

interface Options {
  readonly level?: RecordingLevel
  readonly perThread?: boolean
  readonly aggregation?: Aggregation
  readonly seriesMax?: number
}

function define<T extends MetricType>(
  type: T,
  help: string,
  axes: readonly LabelAxis[],
  options: Options,
): MetricDefinition<T> {
  return {
    type,
    help,
    axes,
    aggregation: options.aggregation ?? 'sum',
    perThread: options.perThread ?? false,
    buckets: [],
    reading: undefined,
    level: options.level ?? 'INFO',
    seriesMax: options.seriesMax ?? Infinity,
  }
}

/** A total that only rises. */
export function counter(help: string, axes: readonly LabelAxis[] = [], options: Options = {}) {
  return define('counter', help, axes, options)
}

/** A value that rises and falls. */
export function gauge(help: string, axes: readonly LabelAxis[] = [], options: Options = {}) {
  return define('gauge', help, axes, options)
}

/** A distribution over `buckets`, in the unit that the name ends in. */
export function histogram(
  help: string,
  buckets: readonly number[],
  axes: readonly LabelAxis[] = [],
  options: Options = {},
): MetricDefinition<'histogram'> {
  return { ...define('histogram', help, axes, options), buckets }
}

/** A gauge that the main thread reads off at a scrape, with these labels. */
export function reading(help: string, labels: readonly string[]): MetricDefinition<'gauge'> {
  return { ...define('gauge', help, [], {}), reading: labels }
}

/** A label with a closed set of values. */
export function oneOf(name: string, ...values: readonly string[]): LabelAxis {
  return { names: [name], values: () => values.map((value) => [value]) }
}

function axis(name: string, values: (dimensions: MetricDimensions) => readonly string[]) {
  return {
    names: [name],
    values: (dimensions: MetricDimensions) => values(dimensions).map((value) => [value]),
  } satisfies LabelAxis
}

// The labels of the catalogue. Their values are known when an application starts, so they are bounded.
export const byTask = axis('task_id', ({ tasks }) => tasks.map(({ taskId }) => taskId))
export const byTopic = axis('topic', ({ topics }) => topics)
export const byStore = axis('store', ({ stores }) => stores.map(({ name }) => name))
export const byNode = axis('processor_node_id', ({ nodes }) => nodes)
export const byDropReason = axis('reason', ({ dropReasons }) => dropReasons)
export const byOperator: LabelAxis = {
  names: ['task_id', 'processor_node_id'],
  values: ({ operators }) => operators.map(({ taskId, node }) => [taskId, node]),
}
export const byPartition: LabelAxis = {
  names: ['topic', 'partition'],
  values: ({ partitions }) => partitions.map(({ topic, partition }) => [topic, String(partition)]),
}

/** Seconds: end-to-end, batches and thread operations. */
export const LATENCY_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]
/** Seconds of one operation on a store. */
export const OPERATION_BUCKETS: readonly number[] = [1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 1]
/** Seconds of event time behind stream time. */
export const LATENESS_BUCKETS: readonly number[] = [0.1, 1, 10, 60, 300, 600, 1800, 3600]
