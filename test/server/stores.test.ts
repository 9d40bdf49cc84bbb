// What the stores of a running job hold, asked over HTTP.
import { expect } from 'chai'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import type { RunningServer } from '../../server/http-server.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { writeInput } from '../support/police-job.ts'
import { serveStores, STORES_JOB, visit, type Answer } from '../support/stores.ts'
import { until } from '../support/until.ts'

const price = (key: string, value: string, timestampMs: number) => ({ key, value, timestampMs })

describe('the stores of a job, asked over HTTP', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  let streams: RunningStreams
  let server: RunningServer

  const get = (path: string) => fetch(`${server.url}/stores${path}`)
  const rows = async (path: string): Promise<Answer['rows']> => {
    const response = await get(path)
    expect(response.status, path).to.equal(200)
    return ((await response.json()) as Answer).rows
  }
  const refusal = async (path: string): Promise<readonly [number, string]> => {
    const response = await get(path)
    return [response.status, await response.text()]
  }

  before(async () => {
    const broker = await logs.open('log')
    const visits = [visit('a', '/', 1_000), visit('a', '/x', 61_000), visit('5', '/', 62_000)]
    await writeInput(broker, visits, 2, { topic: 'visits' })
    const prices = [price('p', 'one', 1_000), price('p', 'two', 5_000), price('q', 'three', 7_000)]
    await writeInput(broker, prices, 2, { topic: 'prices' })
    const config = streamsConfig({
      'bootstrap.servers': `embedded:${logs.directory('log')}`,
      'num.stream.threads': '2',
      'topic.partitions': '2',
    })
    streams = await runStreams(STORES_JOB, config)
    server = await serveStores(streams)
    await until('all is counted', async () => {
      const pages = await get('/visits-of-page?limit=10')
      const users = await get('/visits-of-user')
      if (pages.status !== 200 || users.status !== 200) return false
      const [counted, known] = [(await pages.json()) as Answer, (await users.json()) as Answer]
      const prices = await get('/prices/q')
      return counted.rows.length === 3 && known.rows.length === 2 && prices.status === 200
    })
  })
  after(async () => {
    await server.close()
    streams.stop()
    await streams.done
  })

  it('are listed with their partitions and threads', async () => {
    const { stores } = (await (await get('')).json()) as {
      stores: { name: string; partitions: { partition: number; thread: string }[] }[]
    }
    const names = stores.map(({ name }) => name)
    expect(names).to.include.members(['visits-of-user', 'visits-a-minute', 'sessions', 'seen'])
    const { partitions } = stores.find(({ name }) => name === 'visits-of-user')!
    expect(partitions.map(({ partition }) => partition)).to.deep.equal([0, 1])
    for (const { thread } of partitions) expect(thread).to.match(/^stream-thread-[12]$/)
  })

  it('give the value of a key, be it JSON or the text that it is', async () => {
    const [a, ...others] = await rows('/visits-of-user/a')
    expect(others).to.deep.equal([])
    expect(a).to.include({ key: 'a', value: 2, timestampMs: 61_000 })
    expect(await rows('/visits-of-user/%22a%22')).to.deep.equal([a])
    // The number 5 is no text: the text "5" is what is meant.
    expect((await rows('/visits-of-user/5'))[0]).to.include({ key: '5', value: 1 })
    expect((await rows('/seen?key=a'))[0]).to.include({ key: 'a', value: '/x' })
  })

  it('give ranges of keys, so many at most', async () => {
    const keys = async (path: string) => (await rows(path)).map(({ key }) => key)
    expect(await keys('/visits-of-user')).to.have.members(['a', '5'])
    expect(await keys('/visits-of-user?fromKey=Z')).to.deep.equal(['a'])
    expect(await keys('/visits-of-user?toKey=Z')).to.deep.equal(['5'])
    const cut = (await (await get('/visits-of-user?limit=1')).json()) as Answer
    expect(cut.rows).to.have.length(1)
    // What was not looked at for that is not missing.
    expect(cut).to.deep.include({ isCut: true, missing: {} })
  })

  it('give the windows of a key in a time, also where counts lie in arrays', async () => {
    const windows = async (path: string) =>
      (await rows(path)).map(({ window, value }) => [window, value])
    const minute = (startMs: number) => ({ startMs, endMs: startMs + 60_000 })
    const all = [
      [minute(0), 1],
      [minute(60_000), 1],
    ]
    expect(await windows('/visits-a-minute/a')).to.deep.equal(all)
    expect(await windows('/visits-a-minute/a?from=1970-01-01T00:00:30Z')).to.deep.equal([all[1]])
    expect(await windows('/visits-a-minute/a?to=59999')).to.deep.equal([all[0]])
    const page = encodeURIComponent(JSON.stringify({ site: 's', page: '/' }))
    expect(await windows(`/visits-of-page/${page}`)).to.deep.equal(all)
  })

  it('give sessions', async () => {
    const sessions = await rows('/sessions/a')
    expect(sessions.map(({ window }) => window)).to.deep.equal([
      { startMs: 1_000, endMs: 1_000 },
      { startMs: 61_000, endMs: 61_000 },
    ])
    expect(await rows('/sessions?from=2000')).to.have.length(2)
  })

  it('give the latest version of a row, or those of a time', async () => {
    expect((await rows('/prices/p')).map(({ value }) => value)).to.deep.equal(['two'])
    const [then, ...others] = await rows('/prices/p?from=2000&to=2000')
    expect(others).to.deep.equal([])
    expect(then).to.include({ key: 'p', value: 'one', timestampMs: 1_000, validToMs: 5_000 })
  })

  it('say 404 of a key that is nowhere, and of a store that is not', async () => {
    const response = await get('/visits-of-user/nobody')
    expect(response.status).to.equal(404)
    expect(await response.json()).to.include({ kind: 'key-value', isCut: false })
    const [status, text] = await refusal('/visits-of-users/a')
    expect(status).to.equal(404)
    expect(text).to.include('no store visits-of-users: there is ').and.include('visits-of-user')
  })

  it('say 400 and why to what they cannot answer', async () => {
    for (const [path, reason] of [
      ['/visits-of-user?limit=0', 'limit=0 is not a whole number from 1 to 10000'],
      ['/visits-of-user?stale=1', 'stale=1 is neither true nor false'],
      ['/visits-of-user?form=1', 'no parameter form: there is key'],
      ['/visits-a-minute/a?from=noon', 'from=noon is no time'],
      ['/visits-of-page/plain', 'store visits-of-page cannot answer that'],
      ['/prices', 'a versioned store is asked for one key'],
      ['/a/b/c', 'a "/" in a key is written %2F'],
      ['/%zz', '%zz is not percent-encoded text'],
      ['/pair-left', 'an operator keeps it for itself'],
    ] as const) {
      const [status, text] = await refusal(path)
      expect([path, status]).to.deep.equal([path, 400])
      expect(text).to.include(reason)
    }
  })
})
