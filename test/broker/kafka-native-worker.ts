// A worker that reads or writes as fast as it can, until it is ended: for the tests of what happens then.
import { parentPort, workerData } from 'node:worker_threads'
import { openDataPort } from '../../broker/data-port.ts'
import type { ChannelSpec, TopicPartition } from '../../broker/ports.ts'
import { numbered } from './records.ts'

/** What the worker is to do with its partition. */
export interface WorkerOrder {
  readonly spec: ChannelSpec
  readonly partition: TopicPartition
  /** `leave`: ends by itself, with its reader open, once it has read a row. */
  readonly work: 'poll' | 'produce' | 'leave'
}

const AT_ONCE = 200
const PENDING_BYTES_MAX = 1_000_000

const { spec, partition, work } = workerData as WorkerOrder
const port = await openDataPort(spec)
const reader = work === 'produce' ? undefined : port.openReader({ ...partition, offset: 0 })
let isBusy = false

function turn(): void {
  let rows = 0
  for (let i = 0; i < AT_ONCE; i++) {
    if (reader !== undefined) rows += reader.poll()?.count ?? 0
    else if (port.pendingBytes < PENDING_BYTES_MAX) {
      port.produce(partition, numbered(AT_ONCE))
      rows += AT_ONCE
    }
  }
  if (rows > 0 && !isBusy) {
    isBusy = true
    parentPort?.postMessage('busy')
    if (work === 'leave') process.exit()
  }
  setImmediate(turn)
}
turn()
