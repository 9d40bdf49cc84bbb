// The board: variables, marks and rows put together. write.ts makes the file that Grafana loads of it.
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { annotations } from './annotations.ts'
import type { NumberedPanel } from './panels.ts'
import { atAGlance } from './rows/at-a-glance.ts'
import { clients } from './rows/clients.ts'
import { configuration } from './rows/configuration.ts'
import { eventTime } from './rows/event-time.ts'
import { latency } from './rows/latency.ts'
import { node } from './rows/node.ts'
import { sources } from './rows/sources.ts'
import { state } from './rows/state.ts'
import { threads } from './rows/threads.ts'
import { throughput } from './rows/throughput.ts'
import { variables } from './variables.ts'

interface Row {
  readonly title: string
  /** Folded until someone opens it. */
  readonly collapsed: boolean
  readonly panels: readonly NumberedPanel[]
}

function rows(): Row[] {
  return [
    { title: 'At a glance', collapsed: false, panels: atAGlance() },
    { title: 'Throughput and backlog', collapsed: false, panels: throughput() },
    { title: 'Latency and batches', collapsed: false, panels: latency() },
    { title: 'Event time', collapsed: false, panels: eventTime() },
    { title: 'Threads and tasks', collapsed: true, panels: threads() },
    { title: 'State stores', collapsed: true, panels: state() },
    { title: 'Kafka clients', collapsed: true, panels: clients() },
    { title: 'Sources and posts', collapsed: true, panels: sources() },
    { title: 'Node.js', collapsed: true, panels: node() },
    { title: 'Configuration in effect', collapsed: true, panels: configuration() },
  ]
}

/** The whole board in Grafana's classic model, which versions 11 to 13 load. */
export function buildBoard(): Dashboard {
  const board = new DashboardBuilder('Stream processor')
    .uid('stream-processor')
    .description('Throughput, lag, latency and health of Millrace jobs.')
    .tags(['millrace', 'kafka-streams'])
    .refresh('5s')
    .time({ from: 'now-15m', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .variables(variables())
    .annotations(annotations())
  // The SDK numbers nothing, and links and alerts find a panel by its number.
  let id = 1
  for (const { title, collapsed, panels } of rows()) {
    const row = new RowBuilder(title).collapsed(collapsed).id(id++)
    for (const panel of panels) panel.id(id++)
    if (collapsed) for (const panel of panels) row.withPanel(panel)
    board.withRow(row)
    if (!collapsed) for (const panel of panels) board.withPanel(panel)
  }
  return foldedUp(board.build())
}

/** Grafana places what follows a folded row right below it; the SDK leaves the room of its panels. */
function foldedUp(board: Dashboard): Dashboard {
  let hidden = 0
  for (const panel of board.panels ?? []) {
    const { gridPos } = panel
    if (gridPos === undefined) continue
    const end = gridPos.y + gridPos.h
    gridPos.y -= hidden
    const inside = 'panels' in panel ? panel.panels : []
    const bottoms = inside.map((each) => (each.gridPos?.y ?? 0) + (each.gridPos?.h ?? 0))
    for (const { gridPos: at } of inside) if (at !== undefined) at.y -= hidden
    hidden += Math.max(end, ...bottoms) - end
  }
  return board
}

/** The board as the text of its file. */
export function boardText(): string {
  return `${JSON.stringify(buildBoard(), null, 2)}\n`
}
