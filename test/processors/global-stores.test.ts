// Global stores that a processor of one's own fills: Kafka's StreamsBuilder.addGlobalStore.
import { expect } from 'chai'
import {
  keyValueStore,
  milliseconds,
  topic,
  TopologyError,
  utf8,
  versionedStore,
  windowStore,
  type GlobalStoreContext,
  type GlobalStoreSpec,
  type KeyValueStoreSpec,
  type TopologyBuilder,
} from '../../index.ts'
import { ProcessingError } from '../../processors/processor.ts'
import { internalTopicsOf } from '../../runtime/plan.ts'
import { defineTopology } from '../../topology/topology.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

const names = keyValueStore('names-kept', strings)
type Names = GlobalStoreSpec<string, string, KeyValueStoreSpec<string, string>>

/** Keeps what values name, so that a name is found by its number: not what a global table would keep. */
const byValue: Names = {
  store: names,
  make: ({ store }) => {
    const kept = store(names)
    return (value, { key }) => {
      if (value === null)
        for (const entry of [...kept.all()]) if (entry.value === key) kept.delete(entry.key)
      if (value === 'bad') throw new Error('that is no value')
      if (value !== null) kept.put(value, key)
    }
  },
}

describe('a global store', () => {
  let text: TextDriver
  afterEach(() => text.driver.close())

  /** Records become what the store has by their value. */
  const lookingUp =
    (spec: Names) =>
    ({ source, globalStore }: TopologyBuilder) => {
      const global = globalStore('names', texts('names'), spec)
      source('in', texts('in'))
        .groupBy('anew', (value) => value, utf8, utf8)
        .reduce('latest', { reduce: (_, next) => next, emit: 'on-update' })
        .toStream('changes')
        .processValues<string>('look-up', {
          make: (context) => {
            const found = context.store(global)
            return (value) => context.forward(found.get(value) ?? 'none')
          },
        })
        .to('out', texts('out'))
    }

  it('has what its processor puts in, and is read anywhere by any key, undeclared', () => {
    text = new TextDriver(lookingUp(byValue), { partitions: 3 })
    text.pipe('names', 'one:1@1', 'two:2@2', 'three:3@3')
    text.pipe('in', 'x:1@10', 'x:2@11', 'x:4@12')
    expect(text.read('out')).to.have.members(['1:one@10', '2:two@11', '4:none@12'])
    expect(text.driver.store<string, string>('names-kept').get('3')).to.equal('three')
  })

  it('sees deleted rows, but none without a key', () => {
    text = new TextDriver(lookingUp(byValue))
    text.pipe('names', 'one:1@1', ':2@2', 'one:@3')
    text.pipe('in', 'x:1@10')
    expect(text.read('out')).to.deep.equal(['1:none@10'])
    expect(text.driver.drops('names')).to.deep.equal({ 'null-key': 1 })
  })

  it('is made again from its topic, and has no changelog', () => {
    text = new TextDriver(lookingUp(byValue))
    text.pipe('names', 'one:1@1')
    text.driver.restart()
    text.pipe('in', 'x:1@10')
    expect(text.read('out')).to.deep.equal(['1:one@10'])
    const internal = internalTopicsOf(defineTopology('job', lookingUp(byValue)), 'app')
    expect(internal).to.deep.equal(['app-anew-repartition', 'app-latest-changelog'])
  })

  it('ends the run at a record that it throws on, or goes on without it', () => {
    text = new TextDriver(lookingUp(byValue), {}, { onError: 'skip' })
    expect(() => text.pipe('names', 'one:bad@1')).to.throw(
      'topic names, partition 0, offset 0: names: that is no value',
    )
    text.driver.close()
    text = new TextDriver(lookingUp({ ...byValue, onError: 'skip' }))
    text.pipe('names', 'one:bad@1', 'one:1@2')
    text.pipe('in', 'x:1@10')
    expect(text.read('out')).to.deep.equal(['1:one@10'])
    expect(text.driver.drops('names')).to.deep.equal({ 'processing-error': 1 })
  })

  it('ends the run at bytes that are no record, or goes on without them', () => {
    const bad = { key: new Uint8Array([0xff]), value: new Uint8Array([0xff]) }
    text = new TextDriver(lookingUp(byValue))
    expect(() => text.driver.pipeBytes('names', bad)).to.throw('topic names, partition 0, offset 0')
    text.driver.close()
    text = new TextDriver(lookingUp({ ...byValue, malformed: 'skip' }))
    text.driver.pipeBytes('names', bad)
    expect(text.driver.drops('names')).to.deep.equal({ malformed: 1 })
  })

  it('may be of any kind, and knows headers and places', () => {
    const windows = windowStore('windows', {
      ...strings,
      size: milliseconds(10),
      retention: milliseconds(1000),
    })
    const versions = versionedStore('versions', { ...strings, history: milliseconds(1000) })
    text = new TextDriver(({ source, globalStore }) => {
      const windowed = globalStore('windowed', texts('one'), {
        store: windows,
        make: (context) => {
          const store = context.store(windows)
          return (value, { key, timestampMs }) => void store.put(key, value, timestampMs)
        },
      })
      const versioned = globalStore('versioned', texts('two'), {
        store: versions,
        make: (context) => {
          const store = context.store(versions)
          return (_value, { key, timestampMs, headers }) => {
            const { topic: from, offset } = context.recordMetadata!
            store.put(key, `${from} ${offset} ${headers.length}`, timestampMs)
          }
        },
      })
      source('in', texts('in'))
        .processValues<string>('look-up', {
          make: ({ store, forward }) => {
            const [inWindows, inVersions] = [store(windowed), store(versioned)]
            return (_value, { key, timestampMs }) => {
              const of = inVersions.getAsOf(key, timestampMs)?.value
              forward(`${inWindows.fetch(key, 20) ?? 'none'}, ${of ?? 'none'}`)
            }
          },
        })
        .to('out', texts('out'))
    })
    text.pipe('one', 'a:x@20')
    text.pipe('two', 'a:@5', 'a:@30')
    text.pipe('in', 'a:?@20', 'b:?@20')
    expect(text.read('out')).to.deep.equal(['a:x, two 0 0@20', 'b:none, none@20'])
    expect(text.driver.windowStore('windows').fetch('a', 20)).to.equal('x')
  })

  it('is read as global tables are: by processors, too', () => {
    text = new TextDriver(({ source, table, globalTable }) => {
      const codes = globalTable('codes', texts('codes'))
      table('rows', texts('in'))
        .transformValues<string>('decoded', {
          make: ({ store }) => {
            const known = store(codes)
            return (value) => known.get(value ?? '') ?? null
          },
        })
        .to('out', texts('out'))
      source('other', texts('other'))
    })
    text.pipe('codes', 'A:arrest@1')
    text.pipe('in', 'x:A@2')
    expect(text.read('out')).to.deep.equal(['x:arrest@2'])
  })
})

describe('what is refused of a global store', () => {
  const refused = (build: (builder: TopologyBuilder) => void): string => {
    try {
      new TextDriver(build).driver.close()
    } catch (error) {
      if (error instanceof TopologyError || error instanceof ProcessingError) return error.message
      throw error
    }
    throw new Error('it was taken')
  }
  const make = () => () => undefined
  const other = keyValueStore('other', strings)

  it('is to declare it with a processor: it would be another one', () => {
    const message = refused(({ source, globalStore }) => {
      globalStore('names', texts('names'), byValue)
      source('in', texts('in')).process('look-up', { stores: [names], make })
    })
    expect(message).to.include('look-up: store names-kept is the global one of names')
  })

  it("is a name, or a topic, that is another one's", () => {
    const named = keyValueStore('in', strings)
    const twice = keyValueStore('names-kept', strings)
    const build =
      (store: typeof names, from = 'names') =>
      ({ source, globalStore }: TopologyBuilder) => {
        globalStore('names', texts(from), { ...byValue, make })
        globalStore('more', texts('more'), { store, make })
        source('in', texts('in'))
      }
    expect(refused(build(named))).to.include('more: store in has the name of a node')
    expect(refused(build(twice))).to.include('store names-kept is declared twice')
    expect(refused(build(names))).to.include('names-kept is the global one of')
    expect(refused(build(other, 'in'))).to.include('reads topic in, which source names reads')
  })

  it('is to ask it for another store, or another topology for it', () => {
    expect(
      refused(({ source, globalStore }) => {
        globalStore('names', texts('names'), {
          store: names,
          make: ({ store }) => {
            store(other)
            return () => undefined
          },
        })
        source('in', texts('in'))
      }),
    ).to.include('names: store other is another one')
    let global: ReturnType<TopologyBuilder['globalStore']> | undefined
    defineTopology('elsewhere', ({ globalStore, source }) => {
      global = globalStore('names', topic('names', strings), byValue)
      source('in', texts('in'))
    })
    expect(
      refused(({ source }) => {
        const asked = global as unknown as Parameters<GlobalStoreContext['store']>[0]
        source('in', texts('in')).process('look-up', {
          make: ({ store }) => {
            store(asked)
            return () => undefined
          },
        })
      }),
    ).to.include('look-up: names-kept is no global store of this topology')
  })
})
