// One chart: uPlot's canvas, a legend of buttons that shows values and hides series, marks for what happened,
// and the arrow keys for those without a mouse. `uPlot` is the global that the library's script makes.
import type uPlotType from 'uplot'
import { html, setText } from './dom.ts'
import { clock, UNKNOWN } from './format.ts'

export interface Mark {
  readonly timeMs: number
  readonly text: string
}

export interface ChartSpec {
  readonly title: string
  /** How a value is written, at the axis and in the legend. */
  readonly format: (value: number) => string
  readonly isStacked?: boolean
}

/** A line of the chart; a null is a gap. */
export interface Series {
  readonly name: string
  readonly values: readonly (number | null)[]
}

export interface ChartData {
  readonly timesMs: readonly number[]
  readonly series: readonly Series[]
  readonly marks: readonly Mark[]
}

const HEIGHT = 160
const COLORS = 6

export class Chart {
  readonly element: HTMLElement
  readonly #spec: ChartSpec
  readonly #canvas = html('div', { class: 'canvas' })
  readonly #legend = html('div', { class: 'legend' })
  readonly #hidden = new Set<string>()
  #data: ChartData = { timesMs: [], series: [], marks: [] }
  #plot: uPlotType | undefined
  #drawn = ''

  constructor(spec: ChartSpec) {
    this.#spec = spec
    const canvas = this.#canvas
    canvas.tabIndex = 0
    canvas.setAttribute('role', 'img')
    canvas.addEventListener('keydown', (event) => this.#onKey(event))
    canvas.addEventListener('blur', () => this.#plot?.setCursor({ left: -10, top: -10 }))
    this.element = html('figure', {}, html('figcaption', {}, spec.title), this.#legend, canvas)
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(canvas)
  }

  /** Draws other data. */
  update(data: ChartData): void {
    this.#data = data
    const names = data.series.map(({ name }) => name).join('\n')
    if (this.#plot === undefined || names !== this.#drawn) this.rebuild()
    else this.#plot.setData(this.#aligned())
    this.#tell(undefined)
  }

  /** Draws all of it anew, as after a change of colours. */
  rebuild(): void {
    this.#plot?.destroy()
    this.#drawn = this.#data.series.map(({ name }) => name).join('\n')
    this.#plot = new uPlot(this.#options(), this.#aligned(), this.#canvas)
    this.#legend.replaceChildren(...this.#data.series.map(({ name }, i) => this.#button(name, i)))
    this.#tell(undefined)
  }

  #button(name: string, i: number): HTMLElement {
    const button = html(
      'button',
      { type: 'button', 'aria-pressed': String(!this.#hidden.has(name)) },
      html('span', { class: `swatch c${i % COLORS}` }),
      html('span', {}, name),
      html('output', {}),
    )
    button.addEventListener('click', () => {
      if (!this.#hidden.delete(name)) this.#hidden.add(name)
      button.setAttribute('aria-pressed', String(!this.#hidden.has(name)))
      this.#plot?.setSeries(i + 1, { show: !this.#hidden.has(name) })
      this.#plot?.setData(this.#aligned())
    })
    return button
  }

  /** Shows the values at an index, or the last ones. */
  #tell(index: number | undefined): void {
    const { series, timesMs } = this.#data
    const at = index ?? timesMs.length - 1
    const texts = series.map(({ values }) => {
      const value = values[at]
      return value === undefined || value === null ? UNKNOWN : this.#spec.format(value)
    })
    this.#legend.querySelectorAll('output').forEach((output, i) => setText(output, texts[i] ?? ''))
    const told = series.map(({ name }, i) => `${name} ${texts[i]}`).join(', ')
    const when = index === undefined ? 'now' : clock(timesMs[at] ?? 0)
    this.#canvas.setAttribute('aria-label', `${this.#spec.title}, ${when}: ${told}`)
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30 }[event.key]
    const plot = this.#plot
    if (step === undefined || plot === undefined) return
    event.preventDefault()
    const last = this.#data.timesMs.length - 1
    const at = Math.min(last, Math.max(0, (plot.cursor.idx ?? last) + step))
    const time = plot.data[0][at]
    if (time !== undefined) plot.setCursor({ left: plot.valToPos(time, 'x'), top: 10 })
  }

  /** The data as uPlot wants them: seconds first; of a stack the sums up to each series. */
  #aligned(): uPlotType.AlignedData {
    const { timesMs, series } = this.#data
    const seconds = timesMs.map((ms) => ms / 1_000)
    if (this.#spec.isStacked !== true) {
      return [seconds, ...series.map(({ values }) => [...values])]
    }
    const sums = seconds.map(() => 0)
    const stacked = series.map(({ name, values }) =>
      values.map((value, i) => {
        if (!this.#hidden.has(name)) sums[i] = (sums[i] ?? 0) + (value ?? 0)
        return sums[i] ?? 0
      }),
    )
    return [seconds, ...stacked]
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(this.#canvas.clientWidth, 200), height: HEIGHT }
  }

  #options(): uPlotType.Options {
    const style = getComputedStyle(document.documentElement)
    const color = (name: string): string => style.getPropertyValue(name).trim()
    const line = color('--rule')
    const axis = {
      stroke: color('--quiet'),
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
    }
    const { isStacked = false, format } = this.#spec
    return {
      ...this.#size(),
      legend: { show: false },
      cursor: { sync: { key: 'time' }, y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [
        {
          ...axis,
          space: 90,
          size: 28,
          values: (_plot, splits) => splits.map((seconds) => clock(seconds * 1_000)),
        },
        { ...axis, size: 58, values: (_plot, splits) => splits.map((value) => format(value)) },
      ],
      series: [
        {},
        ...this.#data.series.map(({ name }, i) => ({
          label: name,
          show: !this.#hidden.has(name),
          stroke: color(`--c${i % COLORS}`),
          width: 1.5,
          points: { show: false },
          ...(isStacked ? { fill: `${color(`--c${i % COLORS}`)}66` } : {}),
        })),
      ],
      ...(isStacked ? { bands: this.#bands() } : {}),
      hooks: {
        draw: [(plot) => this.#drawMarks(plot, color('--mark'))],
        setCursor: [(plot) => this.#tell(plot.cursor.idx ?? undefined)],
      },
    }
  }

  /** Each area of a stack ends where the one below begins. */
  #bands(): uPlotType.Band[] {
    return this.#data.series.slice(1).map((_, i) => ({ series: [i + 2, i + 1] }))
  }

  #drawMarks({ ctx, bbox, valToPos }: uPlotType, color: string): void {
    ctx.save()
    ctx.strokeStyle = color
    ctx.setLineDash([4, 4])
    for (const { timeMs } of this.#data.marks) {
      const x = Math.round(valToPos(timeMs / 1_000, 'x', true))
      if (x < bbox.left || x > bbox.left + bbox.width) continue
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
    }
    ctx.restore()
  }
}
