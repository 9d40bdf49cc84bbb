// The status page of the trains: index.html loads it. What comes is drawn with the next frame.
import { byId, setText } from '/assets/dom.js'
import { clock } from '/assets/format.js'
import { Feed } from './feed.ts'
import { chicagoMoment, degrees, words } from './format.ts'
import { freshnessOf } from './freshness.ts'
import { LineTable, type LineSpec } from './line-table.ts'
import { Tables, type Station } from './rows.ts'
import { TrainPanel } from './train-panel.ts'

const LINES: readonly LineSpec[] = [
  { line: 'blue', title: 'Blue Line', letter: 'B' },
  { line: 'green', title: 'Green Line', letter: 'G' },
  { line: 'red', title: 'Red Line', letter: 'R' },
]

const AGE_PERIOD_MS = 500

const tables = new Tables()
const panel = new TrainPanel(schedule)
const lines = LINES.map((spec) => ({ spec, table: new LineTable(spec, follow) }))
byId('lines').prepend(...lines.map(({ table }) => table.element))
let isScheduled = false

const feed = new Feed((event) => {
  const isNews = tables.take(event)
  if (isNews) schedule()
  showAge()
  return isNews
})
setInterval(showAge, AGE_PERIOD_MS)

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  requestAnimationFrame(() => {
    isScheduled = false
    show()
  })
}

function follow(train: string): void {
  panel.open(train)
  schedule()
}

function show(): void {
  const { weather, latestMs } = tables
  const stations = new Map(LINES.map(({ line }) => [line, tables.stationsOf(line)]))
  const otherLines = ({ line, station_id }: Station): LineSpec[] =>
    LINES.filter((other) => {
      const isThere = stations.get(other.line)?.some((each) => each.station_id === station_id)
      return other.line !== line && isThere === true
    })
  const way = panel.train === undefined ? [] : tables.wayOf(panel.train)
  for (const { spec, table } of lines) {
    table.update(stations.get(spec.line) ?? [], otherLines, way)
  }
  panel.update(way, (line) => stations.get(line) ?? [])
  setText(byId('now'), latestMs > 0 ? chicagoMoment(latestMs) : '')
  byId('weather').hidden = weather === undefined
  if (weather !== undefined) {
    setText(byId('temperature'), degrees(weather.temperature))
    setText(byId('sky'), words(weather.status))
    byId('sky').dataset['status'] = weather.status
  }
  const isEmpty = [...stations.values()].every((each) => each.length === 0)
  byId('empty').hidden = !isEmpty || !feed.isComplete
  byId('lines').hidden = isEmpty
  if (feed.isComplete) document.documentElement.dataset['ready'] = 'true'
}

function showAge(): void {
  const { kind, text } = freshnessOf(feed.connection, Date.now(), clock)
  const home = byId('age')
  setText(home, text)
  home.className = kind
  document.documentElement.dataset['age'] = kind
}
