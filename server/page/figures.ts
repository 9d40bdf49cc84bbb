// Bars and lines that are no time series, as SVG: what a job shows of its results. panels.ts calls it.
import type { PanelSection } from '../wire.ts'
import { html, svg } from './dom.ts'
import { brief } from './format.ts'

type Bars = Extract<PanelSection, { readonly kind: 'bars' }>
type Line = Extract<PanelSection, { readonly kind: 'line' }>

const WIDTH = 480
const HEIGHT = 190
const LEFT = 44
const BOTTOM = 168
const TOP = 10

/** One bar a label. */
export function bars({ title, unit, labels, values }: Bars): HTMLElement {
  const scale = scaleOf(values)
  const step = (WIDTH - LEFT) / Math.max(labels.length, 1)
  const every = Math.ceil(labels.length / 12)
  const shapes = labels.flatMap((label, i) => {
    const value = values[i] ?? 0
    const x = LEFT + i * step
    const y = scale.y(value)
    const bar = svg('rect', {
      class: 'bar',
      x: x + 1,
      y,
      width: Math.max(step - 2, 1),
      height: BOTTOM - y,
    })
    bar.append(svg('title', {}, `${label}: ${brief(value)} ${unit}`))
    if (i % every !== 0) return [bar]
    return [bar, svg('text', { class: 'tick middle', x: x + step / 2, y: BOTTOM + 15 }, label)]
  })
  const most = highest(labels, values)
  return figure(title, unit, `${title}, ${unit}. Highest: ${most}`, [...scale.lines, ...shapes])
}

/** A line of values over values. */
export function line({ title, unit, xUnit, x, y, peaks }: Line): HTMLElement {
  const scale = scaleOf(y)
  const end = x.at(-1) ?? 1
  const xOf = (value: number): number => LEFT + (value / end) * (WIDTH - LEFT - 6)
  const points = x.map((value, i) => `${xOf(value).toFixed(1)} ${scale.y(y[i] ?? 0).toFixed(1)}`)
  const ticks = Array.from({ length: Math.floor(end) + 1 }, (_, tick) =>
    svg('text', { class: 'tick middle', x: xOf(tick), y: BOTTOM + 15 }, String(tick)),
  )
  const told = `Highest: ${peaks.join(', ')}`
  const picture = figure(title, `${unit}, over ${xUnit}`, `${title}. ${told}`, [
    ...scale.lines,
    ...ticks,
    svg('path', { class: 'curve', d: `M${points.join('L')}` }),
  ])
  picture.append(html('p', { class: 'quiet' }, told))
  return picture
}

function highest(labels: readonly string[], values: readonly number[]): string {
  const most = Math.max(...values)
  return `${labels[values.indexOf(most)] ?? ''}, ${brief(most)}`
}

function figure(title: string, unit: string, spoken: string, shapes: SVGElement[]): HTMLElement {
  const picture = svg(
    'svg',
    { class: 'plot', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': spoken },
    ...shapes,
  )
  const caption = html('figcaption', {}, title, html('span', { class: 'quiet' }, ` ${unit}`))
  return html('figure', {}, caption, picture)
}

/** A scale from zero to a round number above all values, with its lines. */
function scaleOf(values: readonly number[]) {
  const most = Math.max(...values, 0)
  const magnitude = 10 ** Math.floor(Math.log10(most > 0 ? most : 1))
  const step = [0.2, 0.5, 1, 2].map((of) => of * magnitude).find((size) => most / size <= 5) ?? 1
  const top = Math.max(Math.ceil(most / step), 1) * step
  const y = (value: number): number => BOTTOM - (value / top) * (BOTTOM - TOP)
  const lines = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step).flatMap(
    (value) => [
      svg('path', { class: 'gridline', d: `M${LEFT} ${y(value)}H${WIDTH}` }),
      svg('text', { class: 'tick end', x: LEFT - 6, y: y(value) + 4 }, brief(value)),
    ],
  )
  return { y, lines }
}
