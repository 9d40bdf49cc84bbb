// Stores that are watched over HTTP: what a watcher puts together is what the stores hold.
import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker } from '../../broker/ports.ts'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import type { RunningServer } from '../../server/http-server.ts'
import { StoreWatches } from '../../server/store-watches.ts'
import type { StoreEvent } from '../../server/wire.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { writeInput } from '../support/police-job.ts'
import { WatchedRows } from '../support/store-events.ts'
import { serveStores, STORES_JOB, visit } from '../support/stores.ts'
import { until } from '../support/until.ts'

describe('the stores of a job, watched over HTTP', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  let broker: Broker
  let streams: RunningStreams
  let server: RunningServer
  let watched: WatchedRows | undefined

  const write = (user: string, ...pages: string[]) =>
    writeInput(
      broker,
      pages.map((page) => visit(user, page, 1_000)),
      2,
      { topic: 'visits' },
    )
  const watch = async (query: string) =>
    (watched = await WatchedRows.open(`${server.url}/watch?${query}`))

  before(async () => {
    broker = await logs.open('log')
    await write('a', '/', '/')
    await writeInput(broker, [{ key: 'p', value: 'one', timestampMs: 1_000 }], 2, {
      topic: 'prices',
    })
    const config = streamsConfig({
      'bootstrap.servers': `embedded:${logs.directory('log')}`,
      'num.stream.threads': '2',
      'topic.partitions': '2',
    })
    streams = await runStreams(STORES_JOB, config)
    server = await serveStores(streams)
  })
  afterEach(() => watched?.close())
  after(async () => {
    await server.close()
    streams.stop()
    await streams.done
  })

  it('are told whole at first, then as they change', async () => {
    const { events, values } = bound(await watch('store=visits-of-user&store=seen'))
    const whole = () => events.filter(({ isWhole }) => isWhole).map(({ store }) => store)
    await until('the first ones are told', () => whole().length === 2)
    expect(whole()).to.have.members(['visits-of-user', 'seen'])
    await until('all of them', () => values('visits-of-user')['a'] === 2)
    await write('b', '/b')
    await write('a', '/x')
    const counts = () => values('visits-of-user')
    await until('the others are told', () => counts()['a'] === 3 && counts()['b'] === 1)
    const seen = () => values('seen')
    await until('the other store is told', () => seen()['a'] === '/x' && seen()['b'] === '/b')
    expect(values('visits-of-user')).to.deep.equal({ a: 3, b: 1 })
    expect(values('seen')).to.deep.equal({ a: '/x', b: '/b' })
    const told = events.filter(({ store, isWhole }) => store === 'visits-of-user' && !isWhole)
    // What had not changed was not told again.
    for (const { rows } of told) expect(rows.length).to.be.lessThan(3)
  })

  it('are told as far as they are asked for', async () => {
    const { events, values } = bound(await watch('store=visits-of-user&key=a'))
    await until('it is told', () => events.length > 0)
    expect(Object.keys(values('visits-of-user'))).to.deep.equal(['a'])
    expect(events[0]).to.include({ isWhole: true, isCut: false })
  })

  it('say that nothing has changed while nothing does', async () => {
    const { events } = bound(await watch('store=visits-of-user'))
    await until('a second event comes', () => events.length > 1)
    expect(events[1]).to.deep.include({ isWhole: false, rows: [], removed: [] })
  })

  it('say 400 or 404 and why to what cannot be watched', async () => {
    for (const [query, status, reason] of [
      ['', 400, 'name 1 to 8 stores'],
      ['store=seen&limit=1001', 400, 'limit=1001 is more than 1000'],
      ['store=seen&form=1', 400, 'no parameter form'],
      ['store=seen&stale=true', 400, 'who watches gets no stale rows'],
      ['store=prices', 400, 'a versioned store is asked for one key'],
      ['store=seen&store=sen', 404, 'no store sen: there is '],
    ] as const) {
      const response = await fetch(`${server.url}/watch?${query}`)
      expect([query, response.status]).to.deep.equal([query, status])
      expect(await response.text()).to.include(reason)
    }
  })
})

describe('a watched store', () => {
  const row = (key: string, value: number, partition = 0) =>
    JSON.stringify({ key, value, timestampMs: 1, partition })

  it('keeps rows whose partition does not answer, and tells those that are gone', async () => {
    let rows = [row('a', 1), row('b', 1), row('c', 1, 1)]
    let restoring: number[] = []
    const watches = new StoreWatches(
      {
        stores: [],
        peers: () => [],
        ask: ({ store }) =>
          Promise.resolve({
            ...{ store, kind: 'key-value', rows, isCut: false, answered: [0, 1] },
            ...{ restoring, elsewhere: [], stale: new Map(), tookMs: 0 },
          }),
      },
      (error) => {
        throw error
      },
    )
    const reply = await watches.reply('/watch?store=s')
    if (!('events' in reply)) throw new Error('no events')
    const events: StoreEvent[] = []
    const stop = reply.events((text) => events.push(JSON.parse(text) as StoreEvent))
    await until('all is told', () => events.length === 1)
    restoring = [1]
    rows = [row('a', 2)]
    await until('the change is told', () => events.length === 2)
    restoring = []
    rows = [row('a', 2), row('c', 1, 1)]
    await until('that it is whole again is told', () => events.length === 3)
    stop()
    expect(events.slice(1)).to.deep.equal([
      {
        ...{ store: 's', isWhole: false, rows: [JSON.parse(row('a', 2))] },
        ...{ removed: [{ key: 'b', partition: 0 }], isCut: false, missing: { 1: 'restoring' } },
      },
      { store: 's', isWhole: false, rows: [], removed: [], isCut: false, missing: {} },
    ])
  })
})

describe('rounds of asking', () => {
  /** Milliseconds between an answer and the next question, where each answer comes late and took the threads so long. */
  const restMs = async (lateMs: number, tookMs: number): Promise<number> => {
    const askedMs: number[] = []
    let answeredMs = 0
    const watches = new StoreWatches(
      {
        stores: [],
        peers: () => [],
        ask: async ({ store }) => {
          askedMs.push(performance.now())
          // The first question is that of who begins to watch.
          if (askedMs.length === 2) {
            await sleep(lateMs)
            answeredMs = performance.now()
          }
          const rest = { restoring: [], elsewhere: [], stale: new Map(), tookMs }
          return { store, kind: 'key-value', rows: [], isCut: false, answered: [0], ...rest }
        },
      },
      (error) => {
        throw error
      },
    )
    const reply = await watches.reply('/watch?store=s')
    if (!('events' in reply)) throw new Error('no events')
    const stop = reply.events(() => undefined)
    await until('it is asked again', () => askedMs.length === 3)
    stop()
    return askedMs[2]! - answeredMs
  }

  it('leave nine times as long to the job as its threads have worked for one', async () => {
    // Timers may be a millisecond early.
    expect(await restMs(0, 50)).to.be.at.least(449)
  })

  it('do not take what was only waited for as work: what is late would become later', async () => {
    expect(await restMs(1_000, 0)).to.be.lessThan(9_000)
  })
})

/** With methods that can be taken out of it. */
const bound = (watched: WatchedRows) => ({
  events: watched.events,
  values: (store: string) => watched.values(store),
})
