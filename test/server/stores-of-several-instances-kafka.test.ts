// Two instances of one application on Kafka, with copies of each other's state: each answers with what the other
// has, and says what nobody can answer while it moves, or how far behind the copy is that it answers from.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import type { RunningServer } from '../../server/http-server.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { freePort } from '../support/free-port.ts'
import { sharedKafka } from '../support/kafka.ts'
import { writeInput } from '../support/police-job.ts'
import { serveStores, visit, type Answer } from '../support/stores.ts'
import { until } from '../support/until.ts'

const COUNTS_JOB = new URL('../fixtures/counts-job.js', import.meta.url)
const USERS = 20

interface Instance {
  readonly streams: RunningStreams
  readonly server: RunningServer
}

describe('the stores of two instances, asked over HTTP', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const instances: Instance[] = []
  let bootstrapServers: string
  let broker: Broker

  before(async () => {
    bootstrapServers = (await sharedKafka()).bootstrapServers
    broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
    const visits = Array.from({ length: USERS }, (_, i) => visit(`u${i}`, '/', 1_000 + i))
    await writeInput(broker, visits, 4, { topic: 'visits' })
    for (const name of ['one', 'other']) instances.push(await start(name))
  })
  after(async () => {
    await Promise.all(instances.map(stop))
    await broker.close()
  })

  async function start(name: string): Promise<Instance> {
    const port = await freePort()
    const config = streamsConfig({
      'bootstrap.servers': bootstrapServers,
      'state.dir': directory(name),
      'application.server': `127.0.0.1:${port}`,
      'num.stream.threads': '1',
      'topic.partitions': '4',
      'consumer.session.timeout.ms': '6000',
      'num.standby.replicas': '1',
    })
    const streams = await runStreams(COUNTS_JOB, config)
    return { streams, server: await serveStores(streams, port) }
  }

  const get = ({ server }: Instance, path: string) => fetch(`${server.url}/stores${path}`)
  const users = async (instance: Instance, query = ''): Promise<Answer> =>
    (await (await get(instance, `/visits-of-user?limit=100${query}`)).json()) as Answer

  it('come from whoever has them', async () => {
    await until('both have some of them', async () => {
      for (const instance of instances) {
        const { rows, missing } = await users(instance, '&scope=instance')
        if (rows.length === 0 || Object.values(missing).includes('restoring')) return false
        if (Object.keys(missing).length === 0) return false
      }
      const answers = await Promise.all(instances.map((instance) => users(instance)))
      return answers.every(({ rows }) => rows.length === USERS)
    })
    for (const instance of instances) {
      for (let i = 0; i < USERS; i++) {
        const response = await get(instance, `/visits-of-user/u${i}`)
        const { rows } = (await response.json()) as Answer
        expect([response.status, rows[0]?.['value']]).to.deep.equal([200, 1])
      }
      expect((await get(instance, '/visits-of-user/nobody')).status).to.equal(404)
      expect((await users(instance)).missing).to.deep.equal({})
    }
  })

  it('are said to be elsewhere while nobody answers for them, and then come from who took over', async () => {
    const [left, gone] = instances as [Instance, Instance]
    const there = (await users(gone, '&scope=instance')).rows[0]!['key'] as string
    await until('each has a copy of what the other has', async () => {
      const { rows } = await users(left, '&scope=instance&stale=true')
      return rows.length === USERS
    })
    const whole = await users(left, '&stale=true')
    expect(whole.stale, 'whose owners answer').to.deep.equal({})
    await gone.server.close()
    const response = await get(left, `/visits-of-user/${there}`)
    expect(response.status).to.equal(503)
    const { missing } = (await response.json()) as Answer
    expect(Object.values(missing)).to.include('elsewhere')
    const copied = await get(left, `/visits-of-user/${there}?stale=true`)
    const { rows, ...found } = (await copied.json()) as Answer
    expect(copied.status).to.equal(200)
    expect(rows.map(({ key, value }) => [key, value])).to.deep.equal([[there, 1]])
    const state = { from: 'copy', lag: 0 }
    expect(found.missing).to.deep.equal({})
    expect(found.stale).to.deep.equal(
      Object.fromEntries(Object.keys(missing).map((partition) => [partition, state])),
    )
    const range = await users(left, '&stale=true&fromKey=u1&toKey=u2')
    expect(range.rows.map(({ key }) => key)).to.have.members(
      Array.from({ length: USERS }, (_, i) => `u${i}`).filter((key) => key >= 'u1' && key <= 'u2'),
    )
    expect((await get(left, '/visits-of-user/nobody?stale=true')).status).to.equal(404)
    instances.pop()
    gone.streams.stop()
    await gone.streams.done
    await until('the other one has all of them', async () => {
      const { rows, missing } = await users(left, '&scope=instance')
      return rows.length === USERS && Object.keys(missing).length === 0
    })
  })
})

async function stop({ streams, server }: Instance): Promise<void> {
  await server.close()
  streams.stop()
  await streams.done
}
