// Where one train has been for an hour: a list beside the lines that goes on while it moves.
import { byId, html, setText } from '/assets/dom.js'
import { chicagoTime } from './format.ts'
import type { Station, Stop } from './rows.ts'

/** What is shown of a train. */
export class TrainPanel {
  readonly #element = byId('train')
  readonly #list = byId('train-way')
  readonly #onClose: () => void
  #train: string | undefined
  #drawn = ''

  /** `onClose` is called when it has been closed. */
  constructor(onClose: () => void) {
    this.#onClose = onClose
    byId('train-close').addEventListener('click', () => this.close())
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.close()
    })
  }

  /** The train that is shown; undefined while it is closed. */
  get train(): string | undefined {
    return this.#train
  }

  /** Opens it for a train. */
  open(train: string): void {
    this.#train = train
    this.#drawn = ''
    setText(byId('train-title'), `Train ${train}`)
    this.#element.hidden = false
    byId('train-close').focus({ preventScroll: true })
  }

  /** Closes it; the focus goes back to the train where that stands now. */
  close(): void {
    if (this.#train === undefined) return
    const button = document.querySelector<HTMLElement>(`[aria-label="Train ${this.#train}"]`)
    this.#train = undefined
    this.#element.hidden = true
    button?.focus()
    this.#onClose()
  }

  /** Shows its arrivals, the latest first. */
  update(way: readonly Stop[], stationsOf: (line: string) => readonly Station[]): void {
    const key = JSON.stringify(way)
    if (key === this.#drawn) return
    this.#drawn = key
    const items = way.map(({ timestamp, line, station_id, direction }, i) => {
      const stations = stationsOf(line)
      const name = stations.find((station) => station.station_id === station_id)?.name
      const end = stations.at(direction === 'a' ? -1 : 0)?.name ?? ''
      return html(
        'li',
        { class: i === 0 ? `now ${line}` : line },
        html('time', { datetime: new Date(timestamp).toISOString() }, chicagoTime(timestamp)),
        html(
          'span',
          {},
          name ?? `station ${station_id}`,
          html('span', { class: 'quiet' }, ` to ${end}`),
        ),
      )
    })
    this.#list.replaceChildren(...items)
    setText(byId('train-note'), items.length === 0 ? 'It has been nowhere for an hour.' : '')
  }
}
