// Reading the stores of a topology under test.
import { expect } from 'chai'
import { keyValueStore, minutes, tumbling, TopologyError } from '../../../index.ts'
import { strings, TextDriver, texts } from '../../support/texts.ts'

describe('the stores of a test driver', () => {
  const seen = keyValueStore('seen', strings)
  let text: TextDriver
  beforeEach(() => {
    text = new TextDriver(
      ({ source, table }) => {
        const stream = source('in', texts('in'))
        const grouped = stream.groupByKey('by-key')
        grouped.count('counts', { emit: 'on-update' })
        const windows = tumbling({ size: minutes(1), grace: minutes(1) })
        grouped.windowedBy(windows).count('by-minute', { emit: 'on-update' })
        const reduce = (old: string, next: string) => old + next
        grouped
          .windowedBy(windows)
          .reduce('joined', { reduce, value: strings.value, emit: 'on-update' })
        table('rows', texts('rows'), { store: true })
        stream.process('remember', {
          stores: [seen],
          make:
            (context) =>
            (value, { key }) =>
              context.store(seen).put(key, value),
        })
      },
      { partitions: 2 },
    )
    text.pipe('in', 'a:x@1', 'a:y@60000', 'b:z@2')
    text.pipe('rows', 'r:one@1', 'r:two@2')
  })
  afterEach(() => text.driver.close())

  /** From whichever partition has the key. */
  const inAny = <T>(read: (partition: number) => T | undefined): T | undefined => read(0) ?? read(1)

  it('are those of aggregates and tables', () => {
    const { driver } = text
    const get = (store: string, key: string) =>
      inAny((partition) => driver.store<string, unknown>(store, partition).get(key))
    expect(['a', 'b', 'c'].map((key) => get('counts', key))).to.deep.equal([2, 1, undefined])
    expect(get('rows', 'r')).to.equal('two')
  })

  it('are those of windows, also where counts lie in arrays', () => {
    const { driver } = text
    for (const [store, first, second] of [
      ['by-minute', 1, 1],
      ['joined', 'x', 'y'],
    ] as const) {
      const fetch = (startMs: number) =>
        inAny((of) => driver.windowStore<string, unknown>(store, of).fetch('a', startMs))
      expect([0, 60_000, 120_000].map(fetch), store).to.deep.equal([first, second, undefined])
      const all = [0, 1].flatMap((of) => [...driver.windowStore(store, of).all()])
      expect(all, store).to.have.length(3)
    }
  })

  it('have no windows that are closed', () => {
    text.pipe('in', 'a:w@180000')
    for (const store of ['by-minute', 'joined']) {
      const fetch = (startMs: number) =>
        inAny((of) => text.driver.windowStore<string, unknown>(store, of).fetch('a', startMs))
      expect([fetch(0), fetch(60_000)], store).to.deep.equal([undefined, undefined])
      expect(fetch(180_000), store).not.to.equal(undefined)
    }
  })

  it('are those of processors, and are what was committed after a restart', () => {
    text.driver.restart()
    const get = (of: number) => text.driver.store<string, string>('seen', of).get('a')
    expect(inAny(get)).to.equal('y')
  })

  it('have names and partitions', () => {
    expect(() => text.driver.store('none')).to.throw(TopologyError, 'none')
    expect(() => text.driver.store('counts', 2)).to.throw(TopologyError, 'counts')
    expect(() => text.driver.windowStore('counts')).to.throw(TopologyError, 'counts')
  })
})
