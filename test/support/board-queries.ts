// What the board asks Prometheus, read from the file that Grafana loads, with Grafana's variables
// filled in as Grafana would.
import { readFileSync } from 'node:fs'

export interface BoardTarget {
  readonly refId: string
  readonly expr: string
}

export interface BoardPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly targets?: readonly BoardTarget[]
  readonly panels?: readonly BoardPanel[]
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
}

export interface BoardVariable {
  readonly name: string
  readonly type: string
  readonly query: string
  readonly label: string
  readonly refresh?: number
  readonly multi?: boolean
  readonly includeAll?: boolean
  readonly allValue?: string
}

export interface BoardFile {
  readonly uid: string
  readonly id?: number | null
  readonly schemaVersion: number
  readonly editable: boolean
  readonly time: { readonly from: string; readonly to: string }
  readonly panels: readonly BoardPanel[]
  readonly templating: { readonly list: readonly BoardVariable[] }
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr: string }[]
  }
}

/** Where the board lies for Grafana. */
export const BOARD_PATH = 'grafana/dashboards/stream-processor.json'

/** The board as Grafana reads it. */
export function readBoard(): BoardFile {
  return JSON.parse(readFileSync(BOARD_PATH, 'utf8')) as BoardFile
}

/** All panels of a board, those of folded rows too, without the rows themselves. */
export function panelsOf(board: Pick<BoardFile, 'panels'>): BoardPanel[] {
  return board.panels.flatMap((panel) =>
    panel.type === 'row' ? panelsOf({ panels: panel.panels ?? [] }) : [panel],
  )
}

/** One question to Prometheus; with `label`, the values of that label on the series `expr`. */
export interface BoardQuery {
  readonly title: string
  readonly expr: string
  readonly label?: string
}

/** Everything the board asks, ready to be sent. */
export function boardQueries(board = readBoard()): BoardQuery[] {
  const ofPanels = panelsOf(board).flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr: fillIn(expr) })),
  )
  const ofMarks = board.annotations.list.map(({ name, expr }) => ({
    title: name,
    expr: fillIn(expr),
  }))
  return [...ofPanels, ...ofMarks, ...board.templating.list.flatMap(variableQuery)]
}

function variableQuery({ name, type, query }: BoardVariable): BoardQuery[] {
  if (type !== 'query') return []
  const [, expr, label] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? []
  if (expr === undefined || label === undefined) throw new Error(`variable ${name}: ${query}`)
  return [{ title: name, expr: fillIn(expr), label }]
}

/** With a scrape each second, as the checks have it. */
function fillIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '4s')
    .replaceAll('$__range', '60s')
    .replaceAll('$job', '.+')
    .replaceAll('$instance', '.+')
}
