// The row of figures at the top: what the last progress report and the last second say.
import type { HistoryPoint, Status } from '../wire.ts'
import { byId, html, setText } from './dom.ts'
import type { Progress } from './feed.ts'
import { brief, count, duration, instant, rate, UNKNOWN } from './format.ts'

const TILES = [
  'batch',
  'input',
  'processed',
  'output',
  'lag',
  'latency',
  'state',
  'watermark',
  'dropped',
] as const

type Tile = (typeof TILES)[number]

const TITLES: Readonly<Record<Tile, string>> = {
  batch: 'Batch',
  input: 'Input',
  processed: 'Processed',
  output: 'Output',
  lag: 'Lag',
  latency: 'Latency p99',
  state: 'State rows',
  watermark: 'Watermark',
  dropped: 'Dropped',
}

const values = new Map<Tile, HTMLElement>()

/** Makes the tiles. */
export function drawTiles(): void {
  byId('tiles').replaceChildren(
    ...TILES.map((tile) => {
      const value = html('dd', { id: `tile-${tile}` }, UNKNOWN)
      values.set(tile, value)
      return html('div', {}, html('dt', {}, TITLES[tile]), value)
    }),
  )
}

/** Shows the figures of now. */
export function updateTiles(
  progress: Progress | null,
  point: HistoryPoint | undefined,
  status: Status,
): void {
  const dropped = status.tasks.flatMap((task) => Object.values(task.dropped))
  const latencyS = point?.latencySeconds?.p99
  const texts: Readonly<Record<Tile, string>> = {
    batch: progress === null ? UNKNOWN : count(progress.batchId),
    input: progress === null ? UNKNOWN : rate(progress.inputRowsPerSecond),
    processed: perSecond(point, point?.processedRows),
    output: perSecond(point, point?.outputRows),
    lag: point === undefined || point.lag === null ? UNKNOWN : brief(point.lag),
    latency: latencyS === undefined ? UNKNOWN : duration(latencyS * 1_000),
    state: brief(
      (progress?.stateOperators ?? []).reduce((sum, { numRowsTotal }) => sum + numRowsTotal, 0),
    ),
    watermark:
      progress?.eventTime === undefined
        ? UNKNOWN
        : instant(Date.parse(progress.eventTime.watermark)).slice(0, 16),
    dropped: count(dropped.reduce((sum, records) => sum + records, 0)),
  }
  for (const [tile, element] of values) setText(element, texts[tile])
}

function perSecond(point: HistoryPoint | undefined, rows: number | undefined): string {
  return point === undefined || rows === undefined ? UNKNOWN : rate((rows * 1_000) / point.spanMs)
}
