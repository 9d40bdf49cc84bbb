// Processors of one's own on the changes of a table: Kafka's KTable.transformValues.
import { expect } from 'chai'
import {
  keyValueStore,
  milliseconds,
  sessionStore,
  TopologyError,
  utf8,
  type TopologyBuilder,
  type TransformSpec,
} from '../../index.ts'
import { strings, TextDriver, texts } from '../support/texts.ts'

describe('a transformed table', () => {
  const counts = keyValueStore('changes', strings)
  /** Numbers the changes of each row; a deleted row stays one. */
  const numbered: TransformSpec<string, string, string> = {
    stores: [counts],
    make: ({ store }) => {
      const changes = store(counts)
      return (value, { key }) => {
        const nth = Number(changes.get(key) ?? 0) + 1
        changes.put(key, String(nth))
        return value === null ? null : `${value}${nth}`
      }
    },
  }
  let text: TextDriver | undefined
  const driverOf = (build: (builder: TopologyBuilder) => void): TextDriver =>
    (text = new TextDriver(build))
  afterEach(() => text?.driver.close())

  it('has what the processor makes of each change, deleted rows among them', () => {
    driverOf(({ table }) => {
      table('rows', texts('in')).transformValues('numbered', numbered).to('out', texts('out'))
    })
    text!.pipe('in', 'a:x@1', 'b:y@2', 'a:z@3', 'a:@4', 'a:w@5')
    expect(text!.read('out')).to.deep.equal(['a:x1@1', 'b:y1@2', 'a:z2@3', 'a:@4', 'a:w4@5'])
    expect(text!.driver.store('changes').get('a')).to.equal('4')
  })

  it('may make a row of one that is not there', () => {
    driverOf(({ table }) => {
      table('rows', texts('in'))
        .transformValues<string>('filled', { make: () => (value) => value ?? 'gone' })
        .to('out', texts('out'))
    })
    text!.pipe('in', 'a:x@1', 'a:@2')
    expect(text!.read('out')).to.deep.equal(['a:x@1', 'a:gone@2'])
  })

  it('that is kept has its rows to be looked up, and to be taken back', () => {
    driverOf(({ source, table }) => {
      const rows = table('rows', texts('in')).transformValues('numbered', numbered, { store: utf8 })
      source('asks', texts('asks'))
        .join('found', rows, { merge: (_, row) => row })
        .to('found-out', texts('found'))
      rows
        .groupBy('all', (value) => ({ key: 'all', value }), strings)
        .reduce('sets', {
          add: (all, value) => `${all}+${value}`,
          subtract: (all, value) => `${all}-${value}`,
          emit: 'on-update',
        })
        .to('out', texts('out'))
    })
    text!.pipe('in', 'a:x@1', 'b:y@2', 'a:z@3')
    text!.pipe('asks', 'a:?@4', 'c:?@5')
    expect(text!.read('found')).to.deep.equal(['a:z2@4'])
    expect(text!.read('out')).to.deep.equal(['all:x1@1', 'all:x1+y1@2', 'all:x1+y1-x1+z2@3'])
    text!.driver.restart()
    expect(text!.driver.store('numbered').get('a')).to.equal('z2')
  })

  it('that is kept nowhere is worked out when it is looked up', () => {
    driverOf(({ source, table }) => {
      const rows = table('rows', texts('in')).transformValues<string>('louder', {
        make: () => (value) => (value === null ? null : `${value}!`),
      })
      const spec = { merge: (_: string, row: string | undefined) => row ?? 'none' }
      source('asks', texts('asks')).leftJoin('found', rows, spec).to('out', texts('out'))
    })
    text!.pipe('in', 'a:x@1')
    text!.pipe('asks', 'a:?@2', 'b:?@3')
    expect(text!.read('out')).to.deep.equal(['a:x!@2', 'b:none@3'])
  })

  it('is called by clocks, and told where its change was read', () => {
    const seen: unknown[] = []
    driverOf(({ table }) => {
      table('rows', texts('in')).transformValues<string>('clocked', {
        make: (context) => {
          context.schedule('wall-clock', milliseconds(10), (timeMs) =>
            seen.push([timeMs, context.recordMetadata]),
          )
          return (value, { key, timestampMs, headers }) => {
            seen.push([key, timestampMs, headers.length, context.recordMetadata?.offset])
            return value
          }
        },
      })
    })
    text!.pipe('in', 'a:x@7')
    text!.driver.advanceWallClock(10)
    expect(seen).to.deep.equal([
      ['a', 7, 0, 0],
      [10, undefined],
    ])
  })

  it('cannot be called by a clock without an interval', () => {
    const build = ({ table }: TopologyBuilder) => {
      table('rows', texts('in')).transformValues('clocked', {
        make: (context) => {
          context.schedule('stream-time', milliseconds(0), () => undefined)
          return (value) => value
        },
      })
    }
    expect(() => driverOf(build)).to.throw(
      'clocked: a punctuator is called each millisecond at most',
    )
  })

  it('goes by its policy where the function throws', () => {
    driverOf(({ table }) => {
      const make = () => (value: string | null) => {
        if (value === 'bad') throw new Error('no')
        return value
      }
      table('rows', texts('in'))
        .transformValues('strict', { make }, { onError: 'skip' })
        .to('out', texts('out'))
    })
    text!.pipe('in', 'a:bad@1', 'a:good@2')
    expect(text!.read('out')).to.deep.equal(['a:good@2'])
    expect(text!.driver.drops('strict')).to.deep.equal({ 'processing-error': 1 })
  })

  it('shares stores with processors of streams, by one declaration', () => {
    const twice = sessionStore('changes', { ...strings, retention: milliseconds(1) })
    const build = (store: typeof twice | typeof counts) => () =>
      new TextDriver(({ source, table }) => {
        table('rows', texts('in')).transformValues('numbered', numbered)
        source('other', texts('other')).process('also', {
          stores: [store],
          make: () => () => undefined,
        })
      })
    expect(build(twice)).to.throw(TopologyError, 'numbered: store changes is declared twice')
    text = build(counts)()
  })
})
