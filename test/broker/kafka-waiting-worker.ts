// A worker that waits ten seconds at a time, and tells of each row that it finds after a wait.
import { parentPort, workerData } from 'node:worker_threads'
import { openDataPort } from '../../broker/data-port.ts'
import type { ChannelSpec } from '../../broker/ports.ts'
import { Vitals } from '../../runtime/vitals.ts'

const WAIT_MS = 10_000

const { spec, buffer, topic } = workerData as {
  readonly spec: ChannelSpec
  readonly buffer: SharedArrayBuffer
  readonly topic: string
}
const port = await openDataPort(spec)
const vitals = new Vitals(buffer)
const reader = port.openReader({ topic, partition: 0, offset: 0 })
while (reader.end === Infinity) {
  reader.poll()
  if (reader.end === Infinity) vitals.wait(100)
}
parentPort?.postMessage('open')
for (;;) {
  const rows = reader.poll()?.count ?? 0
  if (rows > 0) parentPort?.postMessage(rows)
  else vitals.wait(WAIT_MS)
}
