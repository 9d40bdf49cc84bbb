// Every trial as a point, much throughput to the right and little latency below: as SVG, and in characters for a
// terminal. The front is the trials that no other one beats in both.
import type { Middle, TrialSummary } from './summary.ts'
import { nameOf } from './sweep.ts'

/** What a picture shows. */
export interface PictureOptions {
  readonly title: string
  /** In the order of their numbers, the base first. */
  readonly summaries: readonly TrialSummary[]
}

/** One axis: how its values are found, called and placed. */
interface Axis {
  readonly label: string
  readonly of: (summary: TrialSummary) => Middle
  readonly low: number
  readonly high: number
}

const PLOT = { left: 74, top: 46, width: 690, height: 340 }
const WIDTH = 800
const LINE = 20
const LEGEND_TOP = PLOT.top + PLOT.height + 62

/** The picture as a whole SVG file; it follows the reader's light or dark scheme. */
export function svgPicture({ title, summaries }: PictureOptions): string {
  const [x, y] = axesOf(summaries)
  const xAt = (value: number): number => PLOT.left + placeIn(x, value) * PLOT.width
  const yAt = (value: number): number => PLOT.top + (1 - placeIn(y, value)) * PLOT.height
  const height = LEGEND_TOP + summaries.length * LINE + 12
  const front = summaries
    .filter(({ isOnFront }) => isOnFront)
    .sort((a, b) => x.of(a).median - x.of(b).median)
    .map((of) => `${n(xAt(x.of(of).median))},${n(yAt(y.of(of).median))}`)
  const points = summaries.map((of, number) => {
    const [px, py] = [n(xAt(x.of(of).median)), n(yAt(y.of(of).median))]
    return [
      `<g class="${number === 0 ? 'base' : of.isOnFront ? 'front' : 'other'}">`,
      `<path d="M${n(xAt(x.of(of).low))} ${py}H${n(xAt(x.of(of).high))}M${px} ${n(yAt(y.of(of).low))}V${n(yAt(y.of(of).high))}"/>`,
      `<circle cx="${px}" cy="${py}" r="9"/><text x="${px}" y="${n(py + 4)}" class="number">${number}</text></g>`,
    ].join('')
  })
  const legend = summaries.map((of, number) => {
    const at = LEGEND_TOP + number * LINE
    const figures = [x.of(of), y.of(of)].map(({ median }) => textOf(median))
    return [
      `<text x="${PLOT.left - 24}" y="${at}" class="end">${number}</text>`,
      `<text x="${PLOT.left - 8}" y="${at}">${escaped(nameOf(of.trial))}</text>`,
      `<text x="${PLOT.left + 520}" y="${at}" class="end">${figures[0]}</text>`,
      `<text x="${PLOT.left + 610}" y="${at}" class="end">${figures[1]}</text>`,
      of.isOnFront ? `<text x="${PLOT.left + 630}" y="${at}" class="dim">front</text>` : '',
    ].join('')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    STYLE,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text x="${PLOT.left}" y="24" class="title">${escaped(title)}</text>`,
    ...ticksOf(x).map((at) => grid(`M${n(xAt(at))} ${PLOT.top}v${PLOT.height}`)),
    ...ticksOf(x).map((at) => label(xAt(at), PLOT.top + PLOT.height + 18, 'middle', textOf(at))),
    ...ticksOf(y).map((at) => grid(`M${PLOT.left} ${n(yAt(at))}h${PLOT.width}`)),
    ...ticksOf(y).map((at) => label(PLOT.left - 8, yAt(at) + 4, 'end', textOf(at))),
    label(PLOT.left + PLOT.width, PLOT.top + PLOT.height + 36, 'end', x.label),
    label(PLOT.left + 6, PLOT.top + 14, 'start', y.label),
    `<polyline class="line" points="${front.join(' ')}"/>`,
    // The base last: it is what all others are compared with.
    ...points.slice(1),
    ...points.slice(0, 1),
    ...legend,
    '</svg>',
  ]
    .filter(Boolean)
    .join('\n')
    .concat('\n')
}

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2733 } .title { font-size: 15px; font-weight: 600 }
.end { text-anchor: end } .middle, .number { text-anchor: middle } .number { fill: #fff; font-weight: 600 }
.dim { fill: #687385 } .ground { fill: #fff } .grid { stroke: #dfe3ea } .line { fill: none; stroke: #2a78d6; stroke-dasharray: 5 4 }
g path { stroke-width: 1.5 } .front { fill: #2a78d6; stroke: #2a78d6 } .other { fill: #8791a1; stroke: #8791a1 } .base { fill: #c2410c; stroke: #c2410c }
g text { stroke: none }
@media (prefers-color-scheme: dark) { text { fill: #e6e9ef } .number { fill: #fff } .ground { fill: #14181f } .grid { stroke: #2b323d } .dim { fill: #98a2b3 } }
</style>`

const COLUMNS = 64
const ROWS = 16
const NUMBERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** The same in characters; of several in one place the lowest number is shown. */
export function textPicture(summaries: readonly TrialSummary[]): string {
  const [x, y] = axesOf(summaries)
  const cells = Array.from({ length: ROWS }, () => new Array<string>(COLUMNS).fill(' '))
  for (const [number, of] of [...summaries.entries()].reverse()) {
    const column = Math.round(placeIn(x, x.of(of).median) * (COLUMNS - 1))
    const row = Math.round((1 - placeIn(y, y.of(of).median)) * (ROWS - 1))
    cells[row]![column] = NUMBERS[number] ?? '+'
  }
  const margin = Math.max(textOf(y.high).length, textOf(y.low).length)
  const lines = cells.map((row, i) => {
    const mark = i === 0 ? textOf(y.high) : i === ROWS - 1 ? textOf(y.low) : ''
    return `${mark.padStart(margin)} │${row.join('').trimEnd()}\n`
  })
  const [left, right] = [textOf(x.low), textOf(x.high)]
  const below = `${left}${right.padStart(COLUMNS - left.length)}  ${x.label}`
  return [
    `${' '.repeat(margin)} ${y.label}\n`,
    ...lines,
    `${' '.repeat(margin)} └${'─'.repeat(COLUMNS)}\n`,
    `${' '.repeat(margin + 2)}${below}\n`,
  ].join('')
}

function axesOf(summaries: readonly TrialSummary[]): [Axis, Axis] {
  const isLive = summaries.some(({ latency }) => latency !== undefined)
  const none = { median: NaN, low: NaN, high: NaN }
  const latency = ({ latency: of }: TrialSummary): Middle => of ?? none
  const cpu = ({ cpuMicrosPerRow }: TrialSummary): Middle => cpuMicrosPerRow
  return [
    axisOf('rows/s', summaries, ({ throughput }) => throughput),
    isLive ? axisOf('p99, ms', summaries, latency) : axisOf('CPU, µs a row', summaries, cpu),
  ]
}

function axisOf(label: string, summaries: readonly TrialSummary[], of: Axis['of']): Axis {
  const all = summaries.map(of).flatMap(({ low, high }) => [low, high])
  const known = all.filter((value) => !Number.isNaN(value))
  const [low, high] = known.length === 0 ? [0, 1] : [Math.min(...known), Math.max(...known)]
  const step = stepOf(high > low ? high - low : high || 1)
  return {
    ...{ label, of },
    low: Math.floor(low / step) * step,
    high: (Math.floor(high / step) + 1) * step,
  }
}

/** A round number of which four or so make the span. */
function stepOf(span: number): number {
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const factor = [1, 2, 5, 10].find((of) => of * power >= span / 4) ?? 10
  return factor * power
}

function ticksOf({ low, high }: Axis): number[] {
  const step = stepOf(high - low)
  const count = Math.floor((high - low) / step + 1e-9)
  return Array.from({ length: count + 1 }, (_, i) => low + i * step)
}

function placeIn({ low, high }: Axis, value: number): number {
  return Number.isNaN(value) ? 0 : (value - low) / (high - low)
}

/** A figure with as many digits as it deserves. */
export function textOf(value: number): string {
  if (Number.isNaN(value)) return '-'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

function n(value: number): number {
  return Math.round(value * 10) / 10
}

function grid(path: string): string {
  return `<path class="grid" d="${path}"/>`
}

function label(x: number, y: number, anchor: string, text: string): string {
  return `<text class="dim ${anchor}" x="${n(x)}" y="${n(y)}">${escaped(text)}</text>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
