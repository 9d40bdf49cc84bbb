// The tables of threads, tasks and settings. Each is drawn anew only when something in it has changed.
import type { ConfigReport, Status, TaskStatus } from '../wire.ts'
import { byId, html, table, type Column } from './dom.ts'
import { brief, count, duration, instant, UNKNOWN } from './format.ts'

const THREADS: readonly Column[] = [
  { title: 'thread' },
  { title: 'state' },
  { title: 'tasks', isNumber: true },
]

const TASKS: readonly Column[] = [
  { title: 'task' },
  { title: 'thread' },
  { title: 'state' },
  { title: 'processed', isNumber: true },
  { title: 'waiting', isNumber: true },
  { title: 'stream time' },
  { title: 'dropped' },
]

let shown = ''

/** Shows who runs what. */
export function updateTasks({ threads, tasks }: Status): void {
  const state = JSON.stringify([threads, tasks])
  if (state === shown) return
  shown = state
  const threadRows = threads.map((thread) => [
    thread.threadId,
    badge(thread.state, thread.state === 'RUNNING'),
    count(thread.tasks),
  ])
  byId('task-tables').replaceChildren(
    table('Threads', THREADS, threadRows),
    table('Tasks', TASKS, tasks.map(taskRow)),
  )
}

function taskRow(task: TaskStatus): (string | Node)[] {
  const drops = Object.entries(task.dropped).map(([reason, n]) => `${count(n)} ${reason}`)
  return [
    task.taskId,
    task.threadId,
    stateOf(task),
    count(task.processed),
    task.buffered === null ? UNKNOWN : count(task.buffered),
    task.streamTimeMs === null ? UNKNOWN : instant(task.streamTimeMs),
    drops.join(', ') || 'none',
  ]
}

function stateOf(task: TaskStatus): HTMLElement {
  if (task.state === 'restoring') return restore(task)
  const { standbyLag } = task
  const behind = standbyLag === null || standbyLag === 0 ? '' : `, ${brief(standbyLag)} behind`
  return badge(task.state + behind, true)
}

function restore({ taskId, restored, restoreRemaining }: TaskStatus): HTMLElement {
  const total = restored + restoreRemaining
  const label = `restore of ${taskId}`
  const bar = html('progress', { max: total, value: restored, 'aria-label': label })
  return html('span', {}, 'restoring ', bar, ` ${brief(restoreRemaining)} left`)
}

function badge(text: string, isWell: boolean): HTMLElement {
  return html('span', { class: isWell ? 'badge well' : 'badge ill' }, text)
}

const SETTINGS: readonly Column[] = [
  { title: 'key' },
  { title: 'value' },
  { title: 'default' },
  { title: 'set in' },
  { title: 'an edit takes effect' },
  { title: 'what it does' },
]

let settingsShown = ''

/** Shows the settings; those that are as by default only when asked for. */
export function showConfig(report: ConfigReport): void {
  const state = JSON.stringify(report)
  if (state === settingsShown) return
  settingsShown = state
  const { entries: settings, needsRestart, problems } = report
  const all = byId('config-all') as HTMLInputElement
  const draw = (): void => {
    const wanted = settings.filter(({ differs }) => differs || all.checked)
    const differing = settings.filter(({ differs }) => differs).length
    const caption = `${differing} of ${settings.length} settings differ from their defaults`
    byId('config-table').replaceChildren(
      ...needsRestart.map(({ key, value }) =>
        warning(`${key} is ${value ?? 'unset'} from the next start on`),
      ),
      ...problems.map(({ source, key, message }) =>
        warning(`refused: ${source}: ${key}: ${message}`),
      ),
      table(
        caption,
        SETTINGS,
        wanted.map((setting) => [
          setting.differs ? html('strong', {}, setting.key) : setting.key,
          valueOf(setting.key, setting.value),
          setting.default === null ? UNKNOWN : valueOf(setting.key, setting.default),
          setting.source,
          setting.hot ? 'at once' : 'with a restart',
          setting.about ?? UNKNOWN,
        ]),
      ),
    )
  }
  all.onchange = draw
  draw()
}

function warning(text: string): HTMLElement {
  return html('p', { class: 'ill' }, text)
}

/** A value as written, and in other words where it is long. */
function valueOf(key: string, value: string): string {
  const isLong = key.endsWith('.ms') && Number(value) >= 1_000
  return isLong ? `${value} (${duration(Number(value))})` : value
}
