// A job that exists only in its metrics: every series of the catalogue moves, as of a busy job with
// as many partitions as asked for. The checks of server, board and stack scrape it.
import { METRICS, type NameOf } from '../../runtime/metrics/catalogue.ts'
import type { MetricType, RecordingLevel } from '../../runtime/metrics/definition.ts'
import { labelsOf } from '../../runtime/metrics/layout.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { collectMetrics, type MetricFamily, type Reading } from '../../runtime/metrics/snapshot.ts'
import { dimensionsOf } from '../runtime/metrics/dimensions.ts'

export interface SyntheticJob {
  /** Lets time pass: all counters, gauges and histograms move. */
  readonly step: (nowMs: number) => void
  /** From the next scrape on the configuration has another hash. */
  readonly reconfigure: () => void
  readonly metrics: (level?: RecordingLevel) => MetricFamily[]
}

/** Gauges whose value means something. */
const settled: Partial<Record<NameOf<'gauge'>, (nowMs: number) => number>> = {
  kafka_stream_client_state: () => 2,
  kafka_stream_thread_state: () => 4,
  kafka_stream_alive_stream_threads: () => 1,
  kafka_stream_configured_stream_threads: () => 1,
  kafka_stream_query_trigger_interval_seconds: () => 1,
  kafka_stream_task_stream_time_seconds: (nowMs) => nowMs / 1000,
  kafka_stream_query_watermark_timestamp_seconds: (nowMs) => nowMs / 1000 - 2,
}
const OBSERVED_SECONDS = [0.002, 0.02, 0.2, 2]
const mainOnly =
  /_(client_state|alive_|configured_|failed_|query_)|^kafka_(consumer|producer|client)_/

/** A job with two threads on which every task of `partitions` partitions has run. */
export function syntheticJob(partitions: number): SyntheticJob {
  const dimensions = dimensionsOf(partitions)
  const main = MetricSlab.create(dimensions)
  const threads = [1, 2].map((n) =>
    MetricSlab.create(dimensions, `stream-thread-${n}`, main.layout),
  )
  const moves = [main, ...threads].flatMap((slab) => movesOf(slab, slab === main))
  let configHash = 'a1'
  return {
    step: (nowMs) => moves.forEach((move) => move(nowMs)),
    reconfigure: () => {
      configHash = 'b2'
    },
    metrics: (level) => collectMetrics([main, ...threads], readings(configHash), level),
  }
}

function movesOf(slab: MetricSlab, isMain: boolean): ((nowMs: number) => void)[] {
  return slab.layout.metrics
    .filter(({ name }) => mainOnly.test(name) === isMain)
    .flatMap((place) =>
      Array.from({ length: place.count }, (_, i) => {
        const { name } = place
        const labels = labelsOf(place, i)
        if (isOf('counter', name)) {
          const counter = slab.counter(name, labels)
          return () => counter.add(name.includes('seconds') ? 0.05 : i + 1)
        }
        if (isOf('gauge', name)) {
          const gauge = slab.gauge(name, labels)
          const value = settled[name] ?? ((nowMs) => 100 + i + (nowMs % 1000) / 10)
          return (nowMs: number) => gauge.set(value(nowMs))
        }
        const histogram = slab.histogram(name, labels)
        return () => OBSERVED_SECONDS.forEach((seconds) => histogram.observe(seconds, 3))
      }),
    )
}

function isOf<T extends MetricType>(type: T, name: string): name is NameOf<T> {
  return (METRICS as Record<string, { type: MetricType }>)[name]?.type === type
}

function readings(configHash: string): Reading[] {
  const info = { client_id: 'synthetic', version: '0.1.0', commit_id: 'none', run_id: '1' }
  const settings = Array.from({ length: 60 }, (_, i) => ({ key: `setting.${i}`, value: `${i}` }))
  const rtt = { client: 'consumer', broker: '1' }
  return [
    { name: 'kafka_stream_info', labels: { ...info, config_hash: configHash }, value: 1 },
    ...settings.map((labels) => ({ name: 'kafka_stream_config_info', labels, value: 1 }) as const),
    { name: 'kafka_stream_config_last_reload_successful', labels: {}, value: 1 },
    {
      name: 'kafka_stream_config_last_reload_success_timestamp_seconds',
      labels: {},
      value: Date.now() / 1_000,
    },
    { name: 'kafka_stream_config_pending_restart_keys', labels: {}, value: 1 },
    { name: 'kafka_client_data_path_info', labels: { path: 'native', reason: '' }, value: 1 },
    { name: 'kafka_client_broker_rtt_seconds', labels: { ...rtt, stat: 'avg' }, value: 0.001 },
    { name: 'kafka_client_broker_rtt_seconds', labels: { ...rtt, stat: 'p99' }, value: 0.004 },
  ]
}
