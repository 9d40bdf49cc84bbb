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
import { latency } from './rows/latency.ts'
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
  return board.build()
}

/** The board as the text of its file. */
export function boardText(): string {
  return `${JSON.stringify(buildBoard(), null, 2)}\n`
}
