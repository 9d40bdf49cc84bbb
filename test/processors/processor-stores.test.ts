// Stores of processors of one's own, of every kind: what they keep, what they forget, and what is left of them.
import { expect } from 'chai'
import {
  keyValueStore,
  milliseconds,
  minutes,
  seconds,
  sessionStore,
  versionedStore,
  windowStore,
  type TopologyBuilder,
} from '../../index.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const NEVER = milliseconds(0)

describe('a store of a processor', () => {
  let text: TextDriver | undefined
  const driverOf = (build: (builder: TopologyBuilder) => void): TextDriver =>
    (text = new TextDriver(build))
  afterEach(() => text?.driver.close())

  it('keeps values by key and window, as long as it is told', () => {
    const spec = { ...strings, size: milliseconds(10), retention: milliseconds(20) }
    const seen = windowStore('seen', spec)
    const { driver } = driverOf(({ source }) =>
      source('in', texts('in'))
        .processValues<string>('once-a-window', {
          stores: [seen],
          make: ({ store, forward }) => {
            const windows = store(seen)
            return (value, { key, timestampMs }) => {
              const startMs = timestampMs - (timestampMs % 10)
              const before = windows.fetch(key, startMs)
              const isKept = windows.put(key, (before ?? '') + value, startMs, timestampMs)
              forward(`${before ?? 'new'}${isKept ? '' : ', too late'}`)
            }
          },
        })
        .to('out', texts('out')),
    )
    text!.pipe('in', 'k:a@1', 'k:b@9', 'k:c@12', 'k:d@31', 'k:e@12', 'k:f@2')
    expect(text!.read('out')).to.deep.equal([
      'k:new@1',
      'k:a@9',
      'k:new@12',
      'k:new@31',
      'k:new, too late@12',
      'k:new, too late@2',
    ])
    driver.restart()
    const windows = [...driver.windowStore<string, string>('seen').fetchAll(0, 100)]
    expect(windows).to.deep.equal([
      { key: { key: 'k', window: { startMs: 30, endMs: 40 } }, value: 'd', timestampMs: 31 },
    ])
  })

  it('keeps several values of one window where it is to', () => {
    const spec = { ...strings, size: seconds(1), retention: seconds(9), retainDuplicates: true }
    const all = windowStore('all', spec)
    driverOf(({ source }) => {
      source('in', texts('in')).process('keep', {
        stores: [all],
        make:
          ({ store }) =>
          (value, { key, timestampMs }) =>
            store(all).put(key, value, timestampMs),
      })
    })
    text!.pipe('in', 'k:a@1', 'k:b@1', 'k:@1')
    const found = [...text!.driver.windowStore<string, string>('all').fetchRange('k', 0, 9)]
    expect(found.map(({ value }) => value)).to.deep.equal(['a', 'b'])
  })

  it('keeps sessions', () => {
    const visits = sessionStore('visits', { ...strings, retention: milliseconds(50) })
    const { driver } = driverOf(({ source }) => {
      source('in', texts('in')).process('join-up', {
        stores: [visits],
        make: ({ store }) => {
          const sessions = store(visits)
          return (value, { key, timestampMs }) => {
            let [startMs, endMs, all] = [timestampMs, timestampMs, value]
            for (const one of [...sessions.findSessions(key, timestampMs - 5, timestampMs + 5)]) {
              sessions.remove(one.key)
              startMs = Math.min(startMs, one.key.window.startMs)
              endMs = Math.max(endMs, one.key.window.endMs)
              all = one.value + all
            }
            sessions.put({ key, window: { startMs, endMs } }, all)
          }
        },
      })
    })
    text!.pipe('in', 'k:a@1', 'k:b@10', 'k:c@14', 'k:d@6')
    driver.restart()
    const found = [...driver.sessionStore<string, string>('visits').fetchSessions('k')]
    const window = { startMs: 1, endMs: 14 }
    expect(found).to.deep.equal([{ key: { key: 'k', window }, value: 'bcad', timestampMs: 14 }])
    text!.pipe('in', 'k:e@64')
    const left = [...driver.sessionStore<string, string>('visits').fetchSessions('k')]
    expect(left.map(({ value }) => value)).to.deep.equal(['e'])
  })

  it('keeps former versions', () => {
    const prices = versionedStore('prices', { ...strings, history: milliseconds(10) })
    const { driver } = driverOf(({ source }) =>
      source('in', texts('in'))
        .processValues<string>('remember', {
          stores: [prices],
          make: ({ store, forward }) => {
            const versions = store(prices)
            return (value, { key, timestampMs }) => {
              const put = versions.put(key, value, timestampMs)
              forward(`${put}: ${versions.getAsOf(key, timestampMs - 1)?.value ?? 'none'}`)
            }
          },
        })
        .to('out', texts('out')),
    )
    text!.pipe('in', 'k:a@10', 'k:c@15', 'k:b@12', 'k:z@1')
    expect(text!.read('out')).to.deep.equal([
      'k:latest: none@10',
      'k:latest: a@15',
      'k:history: a@12',
      'k:expired: none@1',
    ])
    driver.restart()
    const versions = driver.versionedStore<string, string>('prices').versions('k', 0, 99)
    expect(versions.map(({ value }) => value)).to.deep.equal(['c', 'b', 'a'])
  })

  it('is what its kind says, and asked for as that', () => {
    const kept = keyValueStore('kept', strings)
    const { driver } = driverOf(({ source }) => {
      source('in', texts('in')).process('keep', { stores: [kept], make: () => () => undefined })
    })
    expect(() => driver.windowStore('kept')).to.throw('kept: partition 0 has no window store')
    expect(driver.store('kept').approximateNumEntries()).to.equal(0)
  })

  it('has times that make sense', () => {
    const size = minutes(2)
    expect(() => windowStore('w', { ...strings, size, retention: minutes(1) })).to.throw(
      'w: windows of 120000 ms cannot be kept for 60000 ms: make retention at least that',
    )
    expect(() => windowStore('w', { ...strings, size: NEVER, retention: NEVER })).to.throw(
      'w: windows of 0 ms hold nothing',
    )
    expect(() => sessionStore('s', { ...strings, retention: NEVER })).to.throw('s: sessions cannot')
  })
})
