// What the charts show: the points of the history as lines over time. main.ts hands in all points each second.
import type { HistoryPoint } from '../wire.ts'
import { Chart, type ChartSpec, type Mark, type Series } from './chart.ts'
import { brief, duration, rate } from './format.ts'

interface TimeChart extends ChartSpec {
  readonly seriesOf: (points: readonly HistoryPoint[]) => readonly Series[]
}

type ValueOf = (point: HistoryPoint) => number | null

const perSecond = (rowsOf: (point: HistoryPoint) => number): ValueOf => {
  return (point) => (rowsOf(point) * 1_000) / point.spanMs
}

function line(name: string, valueOf: ValueOf): (points: readonly HistoryPoint[]) => Series {
  return (points) => ({ name, values: points.map(valueOf) })
}

/** A line for each key that occurs in any of the points. */
function lines(
  points: readonly HistoryPoint[],
  of: (point: HistoryPoint) => Readonly<Record<string, number>>,
  valueOf: (point: HistoryPoint, key: string) => number | null,
): Series[] {
  const keys = [...new Set(points.flatMap((point) => Object.keys(of(point))))].sort()
  return keys.map((name) => ({ name, values: points.map((point) => valueOf(point, name)) }))
}

function latency(quantile: 'p50' | 'p95' | 'p99'): (points: readonly HistoryPoint[]) => Series {
  return line(quantile, ({ latencySeconds }) =>
    latencySeconds === null ? null : latencySeconds[quantile] * 1_000,
  )
}

const all =
  (...makers: readonly ((points: readonly HistoryPoint[]) => Series)[]) =>
  (points: readonly HistoryPoint[]): Series[] =>
    makers.map((make) => make(points))

const CHARTS: readonly TimeChart[] = [
  {
    title: 'Records a second',
    format: rate,
    seriesOf: all(
      line(
        'input',
        perSecond(({ inputRows }) => inputRows),
      ),
      line(
        'processed',
        perSecond(({ processedRows }) => processedRows),
      ),
      line(
        'output',
        perSecond(({ outputRows }) => outputRows),
      ),
    ),
  },
  {
    title: 'Batch time by operation',
    format: duration,
    isStacked: true,
    seriesOf: (points) =>
      lines(
        points,
        ({ operationMs }) => operationMs,
        // What idle batches take is the time of waiting.
        ({ operationMs, batches, inputRows, outputRows }, name) =>
          inputRows + outputRows === 0 || batches === 0 ? null : (operationMs[name] ?? 0) / batches,
      ),
  },
  {
    title: 'Latency, from a record to its result',
    format: duration,
    seriesOf: all(latency('p50'), latency('p95'), latency('p99')),
  },
  { title: 'Lag, records', format: brief, seriesOf: all(line('lag', ({ lag }) => lag)) },
  {
    title: 'Watermark gap, behind the clock',
    format: duration,
    seriesOf: all(
      line('gap', ({ watermarkMs, timeMs }) =>
        watermarkMs === null ? null : timeMs - watermarkMs,
      ),
    ),
  },
  {
    title: 'Dropped records by reason',
    format: rate,
    seriesOf: (points) => {
      const dropped = lines(
        points,
        ({ drops }) => drops,
        ({ drops, spanMs }, name) => ((drops[name] ?? 0) * 1_000) / spanMs,
      )
      return dropped.length > 0 ? dropped : [line('none', () => 0)(points)]
    },
  },
]

/** All charts of the page. */
export class Charts {
  readonly #charts = CHARTS.map((spec) => ({ spec, chart: new Chart(spec) }))

  constructor(home: HTMLElement) {
    home.replaceChildren(...this.#charts.map(({ chart }) => chart.element))
    const colors = matchMedia('(prefers-color-scheme: dark)')
    colors.addEventListener('change', () => {
      for (const { chart } of this.#charts) chart.rebuild()
    })
  }

  /** Draws all points. */
  update(points: readonly HistoryPoint[]): void {
    const timesMs = points.map(({ timeMs }) => timeMs)
    const marks = marksOf(points)
    for (const { spec, chart } of this.#charts) {
      chart.update({ timesMs, series: spec.seriesOf(points), marks })
    }
  }
}

/** What happened, and when. */
export function marksOf(points: readonly HistoryPoint[]): Mark[] {
  return points.flatMap(({ timeMs, markers }) => markers.map((text) => ({ timeMs, text })))
}
