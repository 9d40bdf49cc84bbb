// Several processes on one embedded log, and processes that are killed at any moment.
import { expect } from 'chai'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedBroker, openEmbeddedDataPort } from '../../broker/embedded/index.ts'
import type { Broker } from '../../broker/ports.ts'
import { CheckpointStore } from '../../state/checkpoint-store.ts'
import type { ChildReport } from './embedded-child.ts'
import { readRecords, until, valuesOf } from './records.ts'

const script = join(import.meta.dirname, 'embedded-child.js')

class Child {
  readonly reports: ChildReport[] = []
  readonly process: ChildProcess

  constructor(...args: string[]) {
    this.process = fork(script, args, { stdio: 'inherit' })
    this.process.on('message', (report: ChildReport) => this.reports.push(report))
  }

  has(told: ChildReport['told'], times = 1): boolean {
    return this.reports.filter((report) => report.told === told).length >= times
  }

  async told(told: ChildReport['told'], times = 1): Promise<void> {
    await until(`a child tells ${told} ${times} times`, () => this.has(told, times))
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const exit = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await exit
  }
}

async function valuesIn(broker: Broker, topic: string, partition: number): Promise<string[]> {
  const [marks] = await broker.watermarks([{ topic, partition }])
  const reader = await broker.openReader({ topic, partition, offset: 0 })
  const values = valuesOf(await readRecords(reader, marks?.end ?? 0))
  await reader.close()
  return values.map(String)
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)

describe('an embedded log of several processes', function () {
  this.timeout(120_000)
  let directory = ''
  const children: Child[] = []
  const start = (...args: string[]): Child => {
    const child = new Child(...args)
    children.push(child)
    return child
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-processes-'))
  })
  afterEach(async () => {
    for (const child of children.splice(0)) await child.kill()
    rmSync(directory, { recursive: true, force: true })
  })

  it('shows one process at once what another one writes', async () => {
    const broker = await openEmbeddedBroker(directory)
    await broker.ensureTopics([{ name: 'in', partitions: 2 }])
    const tail = await broker.openReader({ topic: 'in', partition: 1, offset: 0 })
    expect(await tail.read(10)).to.equal(undefined)
    const producer = start('produce', directory, 'in', '3000')
    expect(valuesOf(await readRecords(tail, 3000))).to.deep.equal(numbers(3000))
    await producer.told('done')
    await broker.close()
  })

  it('appends what several processes write to one partition without a gap', async () => {
    const broker = await openEmbeddedBroker(directory)
    await broker.ensureTopics([{ name: 'in', partitions: 2 }])
    const producers = [1, 2].map(() => start('produce', directory, 'in', '2000'))
    for (const producer of producers) await producer.told('done')
    const values = await valuesIn(broker, 'in', 0)
    expect(values).to.have.length(4000)
    const reader = await broker.openReader({ topic: 'in', partition: 0, offset: 0 })
    const offsets = (await readRecords(reader, 4000)).map(({ offset }) => offset)
    expect(offsets).to.deep.equal(Array.from({ length: 4000 }, (_, i) => i))
    await broker.close()
  })

  it('keeps what a killed producer was told to be delivered, and its order', async () => {
    for (let round = 0; round < 4; round++) {
      const producer = start('produce', directory, 'in')
      await producer.told('durable', 2 + round)
      await producer.kill()
      const durable = producer.reports.at(-1)?.rows ?? 0
      const broker = await openEmbeddedBroker(directory)
      const values = await Promise.all([0, 1].map((partition) => valuesIn(broker, 'in', partition)))
      expect(values[0]).to.deep.equal(numbers(values[0]?.length ?? 0))
      expect(values[1]).to.deep.equal(numbers(values[1]?.length ?? 0))
      expect((values[0]?.length ?? 0) + (values[1]?.length ?? 0)).to.be.at.least(durable)
      await broker.close()
    }
  })

  it('copies every row exactly once through kills of the job while others write and read', async () => {
    const broker = await openEmbeddedBroker(directory)
    await broker.ensureTopics([{ name: 'in', partitions: 2 }])
    const producer = start('produce', directory, 'in', '20000')
    for (let kill = 0; kill < 5; kill++) {
      const job = start('copy', directory, 'in')
      await job.told('durable', 1 + 3 * kill)
      await job.kill()
      expect(job.has('failed'), 'a killed job does not keep its lock').to.equal(false)
    }
    const job = start('copy', directory, 'in')
    await producer.told('done')
    await until('all is copied', async () => {
      const marks = await broker.watermarks([
        { topic: 'in-copy', partition: 0 },
        { topic: 'in-copy', partition: 1 },
      ])
      return marks.every(({ end }) => end >= 20_000)
    })
    await job.kill()
    for (const partition of [0, 1]) {
      expect(await valuesIn(broker, 'in-copy', partition)).to.deep.equal(numbers(20_000))
    }
    await checkState(broker)
    await broker.close()
  })

  async function checkState(broker: Broker): Promise<void> {
    const group = await broker.openGroup({ applicationId: 'copy', stateDir: directory })
    expect(await group.committed([{ topic: 'in', partition: 1 }])).to.deep.equal([
      { topic: 'in', partition: 1, offset: 20_000 },
    ])
    const port = openEmbeddedDataPort({ kind: 'embedded', directory, applicationId: 'copy' })
    const checkpoint = new CheckpointStore(port.openState('0_1'), '0_1').load()
    expect(checkpoint?.positions[0]?.offset).to.equal(20_000)
    const entries = checkpoint?.stores.get('seen') ?? []
    const seen = Array.from(entries, (entry) => Buffer.from(entry).toString()).join('')
    expect(seen.endsWith('20000;')).to.equal(true)
    port.close()
    await group.leave()
  }

  it('lets an application id run in one process, and says in which', async () => {
    const holder = start('hold', directory, 'app')
    await holder.told('ready')
    const broker = await openEmbeddedBroker(directory)
    let failure: unknown
    await broker
      .openGroup({ applicationId: 'app', stateDir: directory })
      .catch((error: unknown) => {
        failure = error
      })
    expect(failure).to.have.property('code', 'MILLRACE_LOG_LOCKED')
    expect(String(failure)).to.include(`process ${holder.process.pid} `)
    const other = await broker.openGroup({ applicationId: 'other', stateDir: directory })
    await other.leave()
    await holder.kill()
    const group = await broker.openGroup({ applicationId: 'app', stateDir: directory })
    await group.leave()
    await broker.close()
  })

  it('refuses an application id that this process runs already', async () => {
    const brokers = [await openEmbeddedBroker(directory), await openEmbeddedBroker(directory)]
    const group = await brokers[0]!.openGroup({ applicationId: 'app', stateDir: directory })
    let code: unknown
    await brokers[1]!.openGroup({ applicationId: 'app', stateDir: directory }).catch((error) => {
      code = (error as { code: unknown }).code
    })
    expect(code).to.equal('MILLRACE_LOG_LOCKED')
    await group.leave()
    await (await brokers[1]!.openGroup({ applicationId: 'app', stateDir: directory })).leave()
    for (const broker of brokers) await broker.close()
  })
})
