// The worker's end of the way without the addon, on messages made up here.
import { expect } from 'chai'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { openPlainDataPort } from '../../broker/kafka/plain-data-port.ts'
import type { ToPort } from '../../broker/kafka/messages.ts'
import { setBaseOffset } from '../../broker/packed-batch.ts'
import type { DataPort, PartitionReader } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'

const PLACE = { topic: 'calls', partition: 0 }

describe('the data port of a worker without the addon', () => {
  let main: MessagePort
  let port: DataPort

  beforeEach(() => {
    const { port1, port2 } = new MessageChannel()
    main = port1
    const around = { applicationId: 'app', stateDir: '/nowhere', recordBytesMax: 1_000 }
    port = openPlainDataPort({ kind: 'kafka-plain', port: port2, ...around, stateStore: 'memory' })
  })
  afterEach(() => {
    port.close()
    main.close()
  })

  /** Sends a row for a reader; readers are counted from 1. */
  const send = (reader: number, offset: number): void => {
    const rows = new RecordBatchBuilder()
    rows.append(null, Buffer.from(`row ${offset}`), 1_000)
    const packed = rows.pack()
    setBaseOffset(packed, offset)
    main.postMessage({ kind: 'rows', reader, packed, end: 100 } satisfies ToPort, [packed])
  }
  const offsetsOf = (reader: PartitionReader): number[] => {
    const offsets: number[] = []
    for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
      offsets.push(...batch.offsets)
    }
    return offsets
  }

  it('gives a reader nothing that was on its way to one before it, of an assignment that is over', () => {
    const former = port.openReader({ ...PLACE, offset: 5 })
    send(1, 5)
    expect(offsetsOf(former)).to.deep.equal([5])
    send(1, 6)
    former.close()
    // The partition comes back, and is read from where the group says: another has been further.
    const next = port.openReader({ ...PLACE, offset: 20 })
    send(1, 7)
    send(2, 20)
    send(1, 8)
    expect(offsetsOf(next)).to.deep.equal([20])
    expect(next.position).to.equal(21)
    expect(offsetsOf(former), 'whose rows would be those of no task').to.deep.equal([])
  })
})
