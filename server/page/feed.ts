// Where the page's data come from: JSON from the server that it came from, and the stream of points.
import type { ConfigReport, Graph, History, HistoryPoint, Panel, Status } from '../wire.ts'

/** What the page reads of a progress report. */
export interface Progress {
  readonly batchId: number
  readonly timestamp: string
  readonly batchDuration: number
  readonly numInputRows: number
  readonly inputRowsPerSecond: number
  readonly eventTime?: { readonly watermark: string }
  readonly stateOperators: readonly {
    readonly operatorName: string
    readonly numRowsTotal: number
  }[]
  readonly sources: readonly {
    readonly metrics: Readonly<Record<string, string | undefined>>
  }[]
  readonly sink: { readonly numOutputRows: number }
}

async function get<T>(path: string): Promise<T> {
  const reply = await fetch(path)
  if (!reply.ok) throw new Error(`${path} answered ${reply.status}`)
  return (await reply.json()) as T
}

export const getHistory = (): Promise<History> => get('/history')
export const getStatus = (): Promise<Status> => get('/status')
export const getGraph = (): Promise<Graph> => get('/topology.json')
export const getConfig = (): Promise<ConfigReport> => get('/config')
export const getPanels = (): Promise<Panel[]> => get('/panels')
export const getProgress = (): Promise<Progress | null> => get('/progress')

/** Who is told of what comes. */
export interface Watcher {
  /** The stream stands, again perhaps: what came before it was missed. */
  readonly onOpen: () => void
  readonly onPoint: (point: HistoryPoint) => void
  /** The server does not answer; the browser tries again by itself. */
  readonly onLost: () => void
}

/**
 * Watches the points, and rests while nobody sees the page: a browser has few connections to one server, and
 * the server few watchers.
 */
export function watchPoints({ onOpen, onPoint, onLost }: Watcher): void {
  let source: EventSource | undefined
  const open = (): void => {
    source = new EventSource('/history/events')
    source.onopen = onOpen
    source.onmessage = (event: MessageEvent<string>) => {
      onPoint(JSON.parse(event.data) as HistoryPoint)
    }
    source.onerror = () => {
      onLost()
      // Refused for good, as by a server that has enough watchers: it is asked again later.
      if (source?.readyState === EventSource.CLOSED) setTimeout(again, RETRY_MS)
    }
  }
  const again = (): void => {
    source?.close()
    source = undefined
    if (!document.hidden) open()
  }
  document.addEventListener('visibilitychange', again)
  again()
}

const RETRY_MS = 3_000
