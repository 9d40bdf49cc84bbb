// What is left of an application in a log when its topics and its state were deleted: nothing.
import { expect } from 'chai'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDataPort } from '../../broker/data-port.ts'
import type { Broker } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { stateKey } from '../../broker/state-keys.ts'
import { embeddedLogs } from '../support/embedded-log.ts'

describe('what an application has in an embedded log', () => {
  const logs = embeddedLogs()
  const first = { topic: 'app-a-repartition', partition: 0 }
  const bytes = (text: string) => new TextEncoder().encode(text)

  async function write(broker: Broker, topic: string, rows: number): Promise<void> {
    const producer = await broker.openProducer()
    for (let i = 0; i < rows; i++) {
      const batch = new RecordBatchBuilder()
      batch.append(bytes(`k${i}`), bytes('v'), i)
      await producer.send({ topic, partition: 0 }, batch)
      // One batch a row, so that there are more than one transaction deletes.
      await producer.flush()
    }
    await producer.close()
  }

  it('goes with its topics: rows, committed offsets and files, and no other topic gets their id', async () => {
    const broker = await logs.open('topics')
    await broker.ensureTopics([{ name: first.topic, partitions: 1, isInternal: true }])
    await write(broker, first.topic, 600)
    const admin = await broker.openGroupAdmin('app')
    await admin.claim([first])
    await admin.setOffsets([{ ...first, offset: 7 }])
    expect(await admin.committed([first])).to.deep.equal([7])

    await admin.deleteTopics([first.topic, 'app-not-there-repartition'])
    expect(await broker.topics()).to.deep.equal([])
    expect(await admin.committed([first])).to.deep.equal([undefined])
    const segments = join(logs.directory('topics'), 'segments')
    expect(existsSync(segments) ? readdirSync(segments) : []).to.deep.equal([])

    await broker.ensureTopics([{ name: 'other', partitions: 1 }])
    await write(broker, 'other', 1)
    await broker.ensureTopics([{ name: first.topic, partitions: 1 }])
    expect(await broker.watermarks([first])).to.deep.equal([{ start: 0, end: 0 }])
    await admin.close()
  })

  it('is the state of its tasks, and nobody else has it deleted', async () => {
    const broker = await logs.open('state')
    const key = stateKey('0_1', 'k')
    const keep = async (applicationId: string, work: 'write' | 'read') => {
      const group = await broker.openGroup({ applicationId, stateDir: '' })
      const port = await openDataPort(group.openChannel(0))
      const table = port.openState('0_1').table('counts')
      if (work === 'write') port.commit(() => table.putSync(key, bytes('k')))
      const value = table.getBinary(key)?.toString()
      port.close()
      await group.leave()
      return value
    }
    await keep('app', 'write')
    await keep('app2', 'write')
    const admin = await broker.openGroupAdmin('app')
    expect(await admin.state?.tasks()).to.deep.equal(['0_1'])
    await admin.claim([])
    await admin.state?.delete()
    expect(await admin.state?.tasks()).to.deep.equal([])
    await admin.close()
    expect(await keep('app', 'read')).to.equal(undefined)
    expect(await keep('app2', 'read')).to.equal('k')
  })

  it('is claimed by one at a time, and until it is closed', async () => {
    const broker = await logs.open('claim')
    const admin = await broker.openGroupAdmin('app')
    expect(await admin.members()).to.deep.equal([])
    await admin.claim([])
    const refused = await broker.openGroup({ applicationId: 'app', stateDir: '' }).then(
      () => undefined,
      (error: unknown) => (error as { code: string }).code,
    )
    expect(refused).to.equal('MILLRACE_LOG_LOCKED')
    await admin.close()
    const group = await broker.openGroup({ applicationId: 'app', stateDir: '' })
    const [member] = (await (await broker.openGroupAdmin('app')).members()) ?? []
    expect(member?.where).to.contain(`process ${process.pid} on `)
    await group.leave()
  })
})
