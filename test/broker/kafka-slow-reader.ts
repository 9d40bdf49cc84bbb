// A worker that reads a partition when it is told to: the other side of the backpressure test.
import { parentPort, workerData } from 'node:worker_threads'
import { openDataPort } from '../../broker/data-port.ts'
import type { ChannelSpec } from '../../broker/ports.ts'

/** What the worker is told: open and wait, or read until so many rows were seen. */
export type SlowReaderOrder =
  | {
      readonly open: { readonly topic: string; readonly partition: number; readonly offset: number }
    }
  | { readonly readUntil: number }

/** What it answers: opened, or the first row that did not follow the one before it. */
export type SlowReaderAnswer =
  { readonly opened: true } | { readonly rows: number; readonly gap: number | undefined }

const { spec } = workerData as { readonly spec: ChannelSpec }
const port = await openDataPort(spec)
let reader: ReturnType<typeof port.openReader> | undefined
let rows = 0
let gap: number | undefined

parentPort?.on('message', (order: SlowReaderOrder) => {
  if ('open' in order) {
    reader = port.openReader(order.open)
    parentPort?.postMessage({ opened: true } satisfies SlowReaderAnswer)
  } else {
    read(order.readUntil)
  }
})

/** What has not come by then will not: the answer tells how much has. */
const PATIENCE_MS = 120_000

function read(count: number, endMs = performance.now() + PATIENCE_MS): void {
  const batch = reader?.poll()
  for (const offset of batch?.offsets ?? []) {
    if (offset !== rows) gap ??= offset
    rows += 1
  }
  if (rows < count && performance.now() < endMs) {
    setTimeout(() => read(count, endMs), batch === undefined ? 1 : 0)
    return
  }
  parentPort?.postMessage({ rows, gap } satisfies SlowReaderAnswer)
  port.close()
  parentPort?.close()
}
