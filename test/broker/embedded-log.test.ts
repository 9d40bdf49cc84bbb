// What is special to the embedded log: retention, long batches, threads, transactions.
import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { openEmbeddedBroker, openEmbeddedDataPort } from '../../broker/embedded/index.ts'
import { openEnvironment } from '../../broker/lmdb.ts'
import type { Broker, DataPort } from '../../broker/ports.ts'
import { unpack } from '../../broker/packed-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { CheckpointStore, type CheckpointUpdate } from '../../state/checkpoint-store.ts'
import { stateKey } from '../../broker/state-keys.ts'
import { numbered, pollRecords, readRecords, recordsOf, until, valuesOf } from './records.ts'

const KILOBYTE = new Uint8Array(1024).fill(65)

const segmentsIn = (directory: string): string[] => readdirSync(join(directory, 'segments'))

/** Bytes of the log's files. */
const storedBytes = (directory: string): number =>
  [
    join(directory, 'data.mdb'),
    ...segmentsIn(directory).map((name) => join(directory, 'segments', name)),
  ].reduce((sum, file) => sum + statSync(file).size, 0)

describe('the embedded log', function () {
  this.timeout(60_000)
  let directory = ''
  let broker: Broker
  let port: DataPort
  let nowMs = 1_000_000

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-log-'))
    nowMs = 1_000_000
    const options = { nowMs: () => nowMs, segmentBytes: 500_000 }
    broker = await openEmbeddedBroker(directory, { ...options, sweepMs: 10 })
    port = openEmbeddedDataPort({ kind: 'embedded', directory, applicationId: 'app' }, options)
  })
  afterEach(async () => {
    port.close()
    await broker.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const commitKilobytes = (topic: string, count: number): void => {
    const rows = new RecordBatchBuilder()
    for (let i = 0; i < count; i++) rows.append(null, KILOBYTE, 1)
    port.produce({ topic, partition: 0 }, rows)
    port.commit(() => undefined)
  }
  const marksOf = async (topic: string) => {
    const [marks] = await broker.watermarks([{ topic, partition: 0 }])
    if (marks === undefined) throw new Error('no watermarks')
    return marks
  }

  it('deletes the oldest batches above retention.bytes, and uses their room again', async () => {
    const config = { 'retention.bytes': `${1_000_000}` }
    await broker.ensureTopics([{ name: 'short', partitions: 1, config }])
    for (let i = 0; i < 30; i++) commitKilobytes('short', 100)
    const before = storedBytes(directory)
    for (let i = 0; i < 100; i++) commitKilobytes('short', 100)
    const { start, end } = await marksOf('short')
    expect(end).to.equal(13_000)
    expect(end - start).to.be.within(900, 1_200)
    expect(before).to.be.lessThan(2_500_000)
    expect(storedBytes(directory)).to.be.lessThan(before + 1_000_000)
  })

  it('leaves no file of what is deleted, and none that a killed process has left', async () => {
    await broker.ensureTopics([
      { name: 'aging', partitions: 1, config: { 'retention.ms': '1000' } },
      { name: 'cut', partitions: 1, isInternal: true },
    ])
    commitKilobytes('aging', 5)
    commitKilobytes('cut', 5)
    expect(segmentsIn(directory)).to.have.length(2)
    writeFileSync(join(directory, 'segments', '0000009999.log'), 'left by a crash')
    port.close()
    nowMs += 2_000
    const group = await broker.openGroup({ applicationId: 'app', stateDir: '/nowhere' })
    await group.commit([{ topic: 'cut', partition: 0, offset: 5 }])
    await until('all is deleted', () => Promise.resolve(segmentsIn(directory).length === 1))
    await broker.close()
    broker = await openEmbeddedBroker(directory)
    expect(segmentsIn(directory)).to.deep.equal([])
  })

  it('goes on at the start when what a reader would read next is deleted', async () => {
    const config = { 'retention.bytes': `${200_000}` }
    await broker.ensureTopics([{ name: 'short', partitions: 1, config }])
    commitKilobytes('short', 10)
    const reader = port.openReader({ topic: 'short', partition: 0, offset: 0 })
    await pollRecords(reader, 10)
    for (let i = 0; i < 10; i++) commitKilobytes('short', 100)
    const { start } = await marksOf('short')
    expect(start).to.be.greaterThan(10)
    const [first] = await pollRecords(reader, 1)
    expect(first?.offset).to.equal(start)
  })

  it('deletes by a timer what is older than retention.ms, counted from the append', async () => {
    const config = { 'retention.ms': '60000' }
    await broker.ensureTopics([{ name: 'aging', partitions: 1, config }])
    commitKilobytes('aging', 5)
    nowMs += 59_000
    commitKilobytes('aging', 5)
    expect(await marksOf('aging')).to.deep.equal({ start: 0, end: 10 })
    nowMs += 2_000
    await until('the first batch is gone', async () => (await marksOf('aging')).start === 5)
    nowMs += 60_000
    await until('all is gone', async () => (await marksOf('aging')).start === 10)
    commitKilobytes('aging', 1)
    expect(await marksOf('aging')).to.deep.equal({ start: 10, end: 11 })
  })

  it('keeps all of a compacted topic', async () => {
    const config = { 'cleanup.policy': 'compact', 'retention.bytes': '1000', 'retention.ms': '1' }
    await broker.ensureTopics([{ name: 'table', partitions: 1, config }])
    commitKilobytes('table', 5)
    nowMs += 1_000
    commitKilobytes('table', 5)
    expect(await marksOf('table')).to.deep.equal({ start: 0, end: 10 })
  })

  it('cuts a long batch in pieces that lose nothing', async () => {
    await broker.ensureTopics([{ name: 'long', partitions: 1 }])
    const rows = new RecordBatchBuilder()
    const value = (i: number): Uint8Array => new Uint8Array(900).fill(i % 251)
    const header = [{ key: 'h', value: Uint8Array.of(7) }]
    for (let i = 0; i < 3_000; i++) {
      rows.append(
        i % 3 === 0 ? null : Uint8Array.of(i % 7),
        i % 5 === 0 ? null : value(i),
        i,
        header,
      )
    }
    const again = new RecordBatchBuilder()
    for (let i = 0; i < 3_000; i++) {
      again.append(
        i % 3 === 0 ? null : Uint8Array.of(i % 7),
        i % 5 === 0 ? null : value(i),
        i,
        header,
      )
    }
    const expected = recordsOf(unpack(again.pack()))
    port.produce({ topic: 'long', partition: 0 }, rows)
    port.commit(() => undefined)
    const reader = port.openReader({ topic: 'long', partition: 0, offset: 0 })
    let polls = 0
    const found = []
    for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
      found.push(...recordsOf(batch))
      polls += 1
    }
    expect(polls).to.be.greaterThan(3)
    expect(found).to.deep.equal(expected)
    const middle = port.openReader({ topic: 'long', partition: 0, offset: 1_234 })
    expect((await pollRecords(middle, 1_766)).slice(0, 3)).to.deep.equal(
      expected.slice(1_234, 1_237),
    )
  })

  it('names near topics where one is missing, and the partitions there are', async () => {
    await broker.ensureTopics([{ name: 'service-calls', partitions: 2 }])
    expect(() => port.openReader({ topic: 'service-call', partition: 0, offset: 0 }))
      .to.throw('did you mean service-calls?')
      .with.property('code', 'MILLRACE_TOPIC_MISSING')
    expect(() => port.produce({ topic: 'service-calls', partition: 2 }, numbered(1)))
      .to.throw('partitions 0 to 1, not 2')
      .with.property('code', 'MILLRACE_TOPIC_MISSING')
  })

  it('fails the whole transaction when a part of it failed, though that was caught', async () => {
    await broker.ensureTopics([{ name: 'out', partitions: 1 }])
    const state = port.openState('0_0')
    const table = state.table('t')
    port.produce({ topic: 'out', partition: 0 }, numbered(3))
    const commit = (): void =>
      port.commit(() => {
        try {
          state.transaction(() => {
            table.putSync(Buffer.from('k'), Buffer.from('1'))
            throw new Error('half done')
          })
        } catch {
          // A task that hides its failure must not commit the half of its work.
        }
      })
    expect(commit).to.throw('half done')
    expect(table.get(Buffer.from('k'))).to.equal(undefined)
    expect(await marksOf('out')).to.deep.equal({ start: 0, end: 0 })
    port.commit(() => undefined)
    expect(await marksOf('out')).to.deep.equal({ start: 0, end: 3 })
  })

  it('goes on with the tables that each task had of its own up to format 2, and shares those of others', async () => {
    const checkpointsOf = (taskId: string, to = port): CheckpointStore =>
      new CheckpointStore(to.openState(taskId), taskId)
    const update = (bytes: string): CheckpointUpdate => ({
      positions: [{ topic: 'in', partition: 0, offset: 7 }],
      stores: [{ name: 'counts', bytes: Buffer.from(bytes), snapshot: false }],
    })
    const read = (taskId: string, from?: DataPort): string =>
      Array.from(checkpointsOf(taskId, from).load()?.stores.get('counts') ?? [], (entry) =>
        Buffer.from(entry).toString(),
      ).join('')
    const former = openEnvironment(directory)
    const own: DataPort['openState'] = (taskId) => ({
      ...former,
      table: (name) => {
        const prefix = 'application/app/'
        return former.table(name === 'positions' ? prefix + name : `${prefix}${taskId}/${name}`)
      },
    })
    new CheckpointStore(own('0_1'), '0_1').save(update('former '))
    former.table('meta').putSync(Buffer.from('format'), Buffer.from('2'))
    former.close()

    const next = openEmbeddedDataPort({ kind: 'embedded', directory, applicationId: 'app' })
    const [first, other] = ['0_1', '0_11'].map((taskId) => checkpointsOf(taskId, next))
    next.commit(() => {
      first!.save(update('and now'))
      other!.save(update('its own'))
    })
    expect([read('0_1', next), read('0_11', next)]).to.deep.equal(['former and now', 'its own'])
    const tables = openEnvironment(directory)
    expect(tables.table('meta').get(Buffer.from('format'))?.toString()).to.equal('3')
    expect(tables.tableNames()).to.include('application/app/0_1/checkpoints')
    expect(tables.tableNames()).to.not.include('application/app/0_11/checkpoints')
    tables.close()
    next.close()

    const admin = await broker.openGroupAdmin('app')
    expect([...((await admin.state?.tasks()) ?? [])].sort()).to.deep.equal(['0_1', '0_11'])
    await admin.state?.delete()
    expect(await admin.state?.tasks()).to.deep.equal([])
    await admin.close()
  })

  it('shows a thread what another one committed, and keeps the tasks of both apart', async () => {
    await broker.ensureTopics([{ name: 'shared', partitions: 1 }])
    const reader = port.openReader({ topic: 'shared', partition: 0, offset: 0 })
    expect(reader.poll()).to.equal(undefined)
    const workers = [1, 2].map(
      (number) =>
        new Worker(new URL('./embedded-worker.js', import.meta.url), {
          workerData: { directory, topic: 'shared', number, commits: 20 },
        }),
    )
    const ends = workers.map((worker) => once(worker, 'exit'))
    const records = await pollRecords(reader, 400)
    expect(records.map(({ offset }) => offset)).to.deep.equal(
      Array.from({ length: 400 }, (_, i) => i),
    )
    for (const number of [1, 2]) {
      const own = valuesOf(records).filter((value) => value?.startsWith(`${number}/`))
      const expected = Array.from(
        { length: 200 },
        (_, i) => `${number}/${Math.floor(i / 10)}/${i % 10}`,
      )
      expect(own).to.deep.equal(expected)
    }
    await Promise.all(ends)
    for (const number of [1, 2]) {
      const table = port.openState(`0_${number}`).table('commits')
      expect(table.get(stateKey(`0_${number}`, 'last'))?.toString()).to.equal('19')
    }
  })

  it('commits what a producer was given after a short while, without a flush', async () => {
    await broker.ensureTopics([{ name: 'slow', partitions: 1 }])
    const producer = await broker.openProducer()
    await producer.send({ topic: 'slow', partition: 0 }, numbered(4))
    const reader = await broker.openReader({ topic: 'slow', partition: 0, offset: 0 })
    expect(await readRecords(reader, 4)).to.have.length(4)
    expect(producer.delivered).to.equal(4)
  })
})
