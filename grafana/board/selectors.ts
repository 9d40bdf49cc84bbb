// How the board's queries choose series. Every query goes through these, so that the variables at the
// top of the board reach all of them; names are checked against the catalogue by the compiler.
import type { MetricName, NameOf } from '../../runtime/metrics/catalogue.ts'
import type { SideMetricName, SideNameOf } from '../../runtime/metrics/side-catalogue.ts'

/** The data source that is chosen at the top of the board. */
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }

const CHOSEN = 'job=~"$job",instance=~"$instance"'
const RATE = '$__rate_interval'

/** Metrics that the process itself exports, beside those of the catalogue. */
type ProcessGauge =
  | 'process_start_time_seconds'
  | 'process_resident_memory_bytes'
  | 'nodejs_heap_size_used_bytes'
  | 'nodejs_eventloop_lag_p99_seconds'
type ProcessCounter = 'process_cpu_seconds_total'
type ProcessHistogram = 'nodejs_gc_duration_seconds'

/** The chosen series of a metric. */
export function series(name: MetricName | SideMetricName | ProcessGauge | ProcessCounter): string {
  return `${name}{${CHOSEN}}`
}

/** Growth per second of a counter, summed by labels. */
export function rate(
  name: NameOf<'counter'> | SideNameOf<'counter'> | ProcessCounter,
  ...by: readonly string[]
): string {
  return `${sum(by)}(rate(${series(name)}[${RATE}]))`
}

/** Observations per second of a histogram. */
export function countRate(name: NameOf<'histogram'>): string {
  return `sum(rate(${name}_count{${CHOSEN}}[${RATE}]))`
}

/** The same of the series that a further matcher chooses. */
export function rateWhere(
  matcher: string,
  name: NameOf<'counter'>,
  ...by: readonly string[]
): string {
  return `${sum(by)}(rate(${name}{${CHOSEN},${matcher}}[${RATE}]))`
}

/** What a histogram observed per second, summed up by labels: of durations the share of time. */
export function sumRate(
  name: NameOf<'histogram'> | ProcessHistogram,
  ...by: readonly string[]
): string {
  return `${sum(by)}(rate(${name}_sum{${CHOSEN}}[${RATE}]))`
}

/** Growth of a counter since the scrapes before, by labels. */
export function increase(name: NameOf<'counter'>, ...by: readonly string[]): string {
  return `${sum(by)}(increase(${series(name)}[${RATE}]))`
}

/** Mean of what a histogram observed; nothing while it observes nothing. */
export function mean(name: NameOf<'histogram'>): string {
  return `sum(rate(${name}_sum{${CHOSEN}}[${RATE}])) / (${countRate(name)} > 0)`
}

/** A quantile of a histogram, by labels; nothing, and not NaN, while it observes nothing. */
export function quantile(q: number, name: NameOf<'histogram'>, ...by: readonly string[]): string {
  return `histogram_quantile(${q}, ${sum(['le', ...by])}(rate(${name}_bucket{${CHOSEN}}[${RATE}]))) >= 0`
}

/** The share of one counter in another, by a label; nothing while the other does not grow. */
export function share(of: NameOf<'counter'>, whole: NameOf<'counter'>, by: string): string {
  return `${rate(of, by)} / (${rate(whole, by)} > 0)`
}

/** What each bucket of a histogram gained, for a heatmap. */
export function bucketIncrease(name: NameOf<'histogram'>): string {
  return `sum by (le) (increase(${name}_bucket{${CHOSEN}}[${RATE}]))`
}

/** What a counter gained over the shown time; `increase` extrapolates, and there are whole records only. */
export function increaseShown(name: NameOf<'counter'>): string {
  return `round(sum(increase(${series(name)}[$__range])))`
}

function sum(by: readonly string[]): string {
  return by.length === 0 ? 'sum' : `sum by (${by.join(', ')}) `
}
