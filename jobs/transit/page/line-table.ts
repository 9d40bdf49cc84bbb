// One line as a table: its stations in order, the trains at their platforms, and who has entered. Cells are
// changed in place, so that what has the focus keeps it.
import { html, setText } from '/assets/dom.js'
import { count } from '/assets/format.js'
import type { Station, Stop } from './rows.ts'

/** A line as the page shows it. */
export interface LineSpec {
  readonly line: string
  readonly title: string
  readonly letter: string
}

interface Cells {
  readonly row: HTMLTableRowElement
  readonly a: HTMLTableCellElement
  readonly b: HTMLTableCellElement
  readonly entries: HTMLElement
  readonly bar: HTMLElement
}

/** What is shown of a line. */
export class LineTable {
  readonly element: HTMLElement
  readonly #spec: LineSpec
  readonly #onTrain: (train: string) => void
  readonly #total = html('p', { class: 'quiet total' })
  readonly #head = html('tr')
  readonly #body = html('tbody')
  #cells = new Map<number, Cells>()
  #drawn = ''

  /** `onTrain` is called with the train that somebody wants to see. */
  constructor(spec: LineSpec, onTrain: (train: string) => void) {
    this.#spec = spec
    this.#onTrain = onTrain
    const { line, title, letter } = spec
    const badge = html('span', { class: 'badge', 'aria-hidden': 'true' }, letter)
    this.element = html(
      'section',
      { class: `line ${line}`, id: line, 'aria-labelledby': `${line}-title`, tabindex: '-1' },
      html('h2', { id: `${line}-title` }, badge, title),
      this.#total,
      html(
        'table',
        { 'aria-labelledby': `${line}-title` },
        html('thead', {}, this.#head),
        this.#body,
      ),
    )
  }

  /** Shows the stations, and on which of them the chosen train has been. */
  update(
    stations: readonly Station[],
    otherLines: (station: Station) => readonly LineSpec[],
    way: readonly Stop[],
  ): void {
    const names = stations.map(({ station_id, name }) => `${station_id} ${name}`).join('\n')
    if (names !== this.#drawn) this.#draw(stations, otherLines)
    this.#drawn = names
    const most = Math.max(1, ...stations.map(({ entries }) => entries))
    const visited = new Set(
      way.filter(({ line }) => line === this.#spec.line).map(({ station_id }) => station_id),
    )
    for (const station of stations) {
      const { row, a, b, entries, bar } = this.#cells.get(station.station_id)!
      this.#place(a, station.a, '↓')
      this.#place(b, station.b, '↑')
      setText(entries, count(station.entries))
      bar.style.width = `${(100 * station.entries) / most}%`
      row.classList.toggle('visited', visited.has(station.station_id))
    }
    const people = stations.reduce((sum, { entries }) => sum + entries, 0)
    // While one moves it may stand at two platforms for a moment: each is heard of by itself.
    const standing = stations.flatMap(({ a, b }) => [a, b]).filter((train) => train !== null)
    const trains = new Set(standing).size
    const texts = [`${stations.length} stations`, `${trains} trains`, `${count(people)} entries`]
    setText(this.#total, texts.join(' · '))
  }

  #draw(stations: readonly Station[], otherLines: (station: Station) => readonly LineSpec[]): void {
    const [first, last] = [stations[0]?.name ?? '', stations.at(-1)?.name ?? '']
    const towards = (arrow: string, end: string): HTMLElement =>
      html(
        'th',
        { scope: 'col', class: 'platform' },
        html('span', { 'aria-hidden': 'true' }, `${arrow} `),
        html('span', { class: 'hidden' }, 'Trains to '),
        end,
      )
    this.#head.replaceChildren(
      html('th', { scope: 'col' }, 'Station'),
      towards('↓', last),
      html('th', { class: 'rail', 'aria-hidden': 'true' }),
      towards('↑', first),
      html('th', { scope: 'col', class: 'number' }, 'Entries'),
    )
    this.#cells = new Map()
    this.#body.replaceChildren(
      ...stations.map((station) => {
        const cells = cellsOf(station, otherLines(station))
        this.#cells.set(station.station_id, cells)
        return cells.row
      }),
    )
  }

  #place(cell: HTMLTableCellElement, train: string | null, arrow: string): void {
    const there = cell.dataset['train'] ?? ''
    if (there === (train ?? '')) return
    if (train === null) {
      delete cell.dataset['train']
      cell.replaceChildren()
      return
    }
    cell.dataset['train'] = train
    const mark = html('span', { 'aria-hidden': 'true' }, arrow)
    const button = html('button', { type: 'button', 'aria-label': `Train ${train}` }, train, mark)
    button.addEventListener('click', () => this.#onTrain(train))
    // Who follows a train by keyboard goes on with it.
    const isFollowed = document.activeElement?.getAttribute('aria-label') === `Train ${train}`
    cell.replaceChildren(button)
    if (isFollowed) button.focus({ preventScroll: true })
  }
}

function cellsOf({ name, station_id }: Station, others: readonly LineSpec[]): Cells {
  const [a, b] = [html('td', { class: 'platform a' }), html('td', { class: 'platform b' })]
  const entries = html('span')
  const bar = html('span', { class: 'bar', 'aria-hidden': 'true' })
  const changes = others.map(({ line, letter, title }) =>
    html(
      'a',
      { class: `badge small ${line}`, href: `#${line}`, 'aria-label': `change to the ${title}` },
      letter,
    ),
  )
  const row = html(
    'tr',
    { 'data-station': String(station_id) },
    html('th', { scope: 'row' }, ...breakable(name), ...changes),
    a,
    html('td', { class: 'rail', 'aria-hidden': 'true' }),
    b,
    html('td', { class: 'number' }, entries, bar),
  )
  return { row, a, b, entries, bar }
}

/** A name that may go on in the next line behind a stroke: Washington/Wabash is wider than a phone has room for. */
function breakable(name: string): (string | HTMLElement)[] {
  return name.split(/(?<=\/)/).flatMap((part, i) => (i === 0 ? [part] : [html('wbr'), part]))
}
