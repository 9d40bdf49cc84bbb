// The page at /: what was before it was opened, then each second as it comes. index.html loads it.
import type { HistoryPoint, Status } from '../wire.ts'
import { Charts, marksOf } from './charts.ts'
import { byId, setText } from './dom.ts'
import { clock } from './format.ts'
import {
  getConfig,
  getGraph,
  getHistory,
  getPanels,
  getProgress,
  getStatus,
  watchPoints,
} from './feed.ts'
import { TopologyGraph } from './graph.ts'
import { updatePanels } from './panels.ts'
import { showConfig, updateTasks } from './tables.ts'
import { drawTiles, updateTiles } from './tiles.ts'

/** Of so many points one asks for panels and settings, too. */
const PANELS_EVERY = 3
const MARKS_SHOWN = 5

let points: HistoryPoint[] = []
let pointsMax = Infinity

drawTiles()
const charts = new Charts(byId('chart-grid'))
const graph = new TopologyGraph(byId('graph'), await getGraph())
const [first] = await Promise.all([refresh(), readSettings()])
watchPoints({
  onOpen: () => void told(refresh()),
  onPoint: (point) => void told(take(point)),
  onLost: () => showState('no answer from the server', false),
})
performance.mark('millrace-first-chart')
document.documentElement.dataset['ready'] = first

/** Reads everything anew: at the start, and after the stream was cut. */
async function refresh(): Promise<string> {
  const history = await getHistory()
  points = [...history.points]
  pointsMax = history.pointsMax
  await show()
  await readPanels()
  return 'true'
}

async function take(point: HistoryPoint): Promise<void> {
  if (point.seq <= (points.at(-1)?.seq ?? -1)) return
  points.push(point)
  if (points.length > pointsMax) points.shift()
  await show()
  // Settings may be edited while the job runs.
  if (point.seq % PANELS_EVERY === 0) await Promise.all([readPanels(), readSettings()])
}

async function show(): Promise<void> {
  const [status, progress] = await Promise.all([getStatus(), getProgress()])
  const last = points.at(-1)
  updateTiles(progress, last, status)
  graph.update(last, status)
  updateTasks(status)
  charts.update(points)
  showMarks()
  showStatus(status)
}

async function readPanels(): Promise<void> {
  updatePanels(await getPanels())
}

async function readSettings(): Promise<void> {
  showConfig(await getConfig())
}

function showStatus({ state, problems }: Status): void {
  showState([state, ...problems].join(': '), problems.length === 0 && state === 'RUNNING')
}

function showState(text: string, isWell: boolean): void {
  const home = byId('state')
  setText(home, text)
  home.className = isWell ? 'badge well' : 'badge ill'
}

/** The marks on the charts, in words. */
function showMarks(): void {
  const marks = marksOf(points)
    .slice(-MARKS_SHOWN)
    .map(({ timeMs, text }) => `${clock(timeMs)} ${text}`)
  setText(byId('markers'), marks.length === 0 ? '' : `Dashed lines: ${marks.join(', ')}`)
}

/** What fails is told where the state is; the next second tries again. */
async function told(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    showState(error instanceof Error ? error.message : String(error), false)
  }
}
