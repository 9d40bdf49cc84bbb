// Turns the runtime's snapshot into Prometheus' text format; the only importer of prom-client.
// Only routes.ts calls it, once a scrape.
import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Registry,
  type PrometheusContentType,
} from 'prom-client'
import type { MetricFamily, MetricSample } from '../runtime/metrics/snapshot.ts'

export interface MetricsText {
  readonly contentType: string
  readonly text: string
}

/** A family of any name: those of a job have names of the catalogue. */
export type TextFamily = Omit<MetricFamily, 'name'> & { readonly name: string }

/** prom-client's names for counts that rise and fall break Prometheus' rules. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

let nodeRegistry: Registry | undefined

/** What Node tells of the process: main thread only, as every thread would report the same. */
function nodeMetrics(): Registry {
  if (nodeRegistry === undefined) {
    nodeRegistry = new Registry()
    collectDefaultMetrics({ register: nodeRegistry })
    for (const name of MISNAMED) nodeRegistry.removeSingleMetric(name)
  }
  return nodeRegistry
}

/** The families and the process' own metrics as text, each series labelled `application_id`. */
export async function renderMetrics(
  families: readonly TextFamily[],
  applicationId: string,
): Promise<MetricsText> {
  // Aggregating one list copies it into a registry: the public way in for values counted elsewhere.
  const ours = AggregatorRegistry.aggregate<PrometheusContentType>([families.map(toPromClient)])
  const registry = Registry.merge([ours, nodeMetrics()])
  registry.setDefaultLabels({ application_id: applicationId })
  return { contentType: registry.contentType, text: await registry.metrics() }
}

interface Value {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

function toPromClient({ name, help, type, buckets, samples }: TextFamily) {
  const values = samples.flatMap<Value>((sample) =>
    type === 'histogram' ? histogramValues(name, buckets, sample) : [sample],
  )
  return { name, help, type, aggregator: 'first', values }
}

function histogramValues(name: string, buckets: readonly number[], sample: MetricSample): Value[] {
  const { labels, value, cumulativeCounts } = sample
  const counts = cumulativeCounts.map((count, i) => ({
    metricName: `${name}_bucket`,
    labels: { le: buckets[i] ?? '+Inf', ...labels },
    value: count,
  }))
  return [
    ...counts,
    { metricName: `${name}_sum`, labels, value },
    { metricName: `${name}_count`, labels, value: cumulativeCounts.at(-1) ?? 0 },
  ]
}
