// Where sources begin in partitions that were never read: on a log of its own, through the group.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import type { Broker, TopicPartition } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { defineTopology, seconds, type OffsetReset } from '../../index.ts'
import { startsOf } from '../../runtime/source-starts.ts'
import { texts } from '../support/texts.ts'

const OF: TopicPartition = { topic: 'in', partition: 0 }
const NOW_MS = 100_000

describe('a source begins, where nothing was committed,', () => {
  let directory: string
  let broker: Broker
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-starts-'))
    broker = await openBroker({ kind: 'embedded', directory })
    await broker.ensureTopics([{ name: 'in', partitions: 1 }])
    const producer = await broker.openProducer()
    for (const timestampMs of [10_000, 80_000, 95_000]) {
      const rows = new RecordBatchBuilder()
      rows.append(null, new Uint8Array([1]), timestampMs)
      await producer.send(OF, rows)
      await producer.flush()
    }
    await producer.close()
  })
  after(async () => {
    await broker.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** The offset at which an application begins that says so. */
  const beginOf = async (applicationId: string, reset?: OffsetReset): Promise<number> => {
    const spec = reset === undefined ? {} : { offsetReset: reset }
    const topology = defineTopology('job', ({ source }) => {
      source('read', texts('in'), spec).to('out', texts('out'))
    })
    const clock = { nowMs: () => NOW_MS }
    const startAt = startsOf(topology, broker, applicationId, clock)
    const group = await broker.openGroup({ applicationId, stateDir: directory, startAt })
    try {
      return (await group.committed([OF]))[0]!.offset
    } finally {
      await group.leave()
    }
  }

  it('at the first record unless it says otherwise', async () => {
    expect(await beginOf('plain')).to.equal(0)
    expect(await beginOf('earliest', 'earliest')).to.equal(0)
  })

  it('behind the last', async () => {
    expect(await beginOf('latest', 'latest')).to.equal(3)
  })

  it('at the records of so long ago', async () => {
    expect(await beginOf('ago', { byDuration: seconds(30) })).to.equal(1)
    expect(await beginOf('just-now', { byDuration: seconds(1) })).to.equal(3)
  })

  it('nowhere, where it must have been read before', async () => {
    const error = await beginOf('none', 'none').catch((cause: unknown) => cause)
    expect(error).to.include({ code: 'MILLRACE_TOPOLOGY' })
    expect(String(error)).to.include('read: none has no committed offset in partition 0 of in')
  })

  it('where it was committed, whatever it says', async () => {
    const group = await broker.openGroup({ applicationId: 'again', stateDir: directory })
    await group.commit([{ ...OF, offset: 2 }])
    await group.leave()
    expect(await beginOf('again', 'latest')).to.equal(2)
    expect(await beginOf('again', 'none')).to.equal(2)
  })
})
