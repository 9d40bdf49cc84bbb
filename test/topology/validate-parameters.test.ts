// What a program without types is refused for: each call lacks something, or says what means nothing.
import { expect } from 'chai'
import {
  defineTopology,
  float64,
  joinWindows,
  milliseconds,
  minutes,
  session,
  sliding,
  topic,
  TopologyError,
  topicPattern,
  tumbling,
  unlimited,
  untilTimeLimit,
  untilWindowCloses,
  utf8,
  versionedStore,
} from '../../index.ts'
import { strings, texts } from '../support/texts.ts'

/** What JavaScript sees of something: it may be called with anything. */
type Untyped = { readonly [method: string]: (...given: unknown[]) => Untyped }

const untyped = <F>(make: F): ((...given: unknown[]) => unknown) =>
  make as unknown as (...given: unknown[]) => unknown
const define = untyped(defineTopology)

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error
    expect(error.message.startsWith(`${error.node}: `)).to.equal(true)
    return error.message
  }
  throw new Error('it was taken')
}

const built = (build: (builder: Untyped) => unknown, options = {}): string =>
  refusal(() => define('job', build, options))
const stream = (build: (stream: Untyped) => unknown): string =>
  built(({ source }) => build(source!('in', texts('in'))))
const grouped = (build: (group: Untyped) => unknown): string =>
  stream((from) => build(from.groupByKey!('by-key')))
const rows = (build: (table: Untyped) => unknown): string =>
  built(({ table }) => build(table!('rows', texts('rows'))))

const emit = 'on-update'
const grace = minutes(1)
const add = (sum: number): number => sum + 1
const merge = (): string => ''

describe('a node without its function', () => {
  const streams: Readonly<Record<string, (from: Untyped) => unknown>> = {
    filter: (from) => from.filter!('node'),
    filterNot: (from) => from.filterNot!('node', null),
    map: (from) => from.map!('node'),
    mapValues: (from) => from.mapValues!('node', 'upper'),
    flatMap: (from) => from.flatMap!('node'),
    flatMapValues: (from) => from.flatMapValues!('node', {}),
    selectKey: (from) => from.selectKey!('node'),
    peek: (from) => from.peek!('node'),
    forEach: (from) => from.forEach!('node'),
    process: (from) => from.process!('node', {}),
    processValues: (from) => from.processValues!('node', { make: 5 }),
    groupBy: (from) => from.groupBy!('node', undefined, utf8),
    'a branch': (from) => from.split!('node').branch!('one').noDefaultBranch!(),
    partitioner: (from) => from.repartition!('node', { ...strings, partitioner: 1 }),
    join: (from) => from.join!('node', from, { within: window }),
  }
  const window = joinWindows({ before: grace, after: grace, grace })
  for (const [method, call] of Object.entries(streams)) {
    it(`is refused: ${method} of a stream`, () => {
      expect(stream(call)).to.match(/^node: its [a-zA-Z ]+ is .*: give a function$/)
    })
  }

  it('is refused where it aggregates', () => {
    const spec = { initialize: () => 0, add, value: float64, emit }
    const { initialize, ...withoutInitialize } = spec
    const without = 'node: its initialize is undefined: give a function'
    expect(initialize()).to.equal(0)
    expect(grouped((group) => group.aggregate!('node', withoutInitialize))).to.equal(without)
    const windows = tumbling({ size: grace, grace })
    const inWindows = grouped((group) =>
      group.windowedBy!(windows).aggregate!('node', withoutInitialize),
    )
    expect(inWindows).to.equal(without)
    const sessions = session({ gap: grace, grace })
    const ofSessions = (given: object) =>
      grouped((group) => group.windowedBy!(sessions).aggregate!('node', given))
    expect(ofSessions({ ...withoutInitialize, merge })).to.equal(without)
    expect(ofSessions({ ...spec, merge: undefined })).to.match(/^node: its merge is undefined/)
    expect(grouped((group) => group.reduce!('node', { emit }))).to.match(/^node: its add is/)
    expect(grouped((group) => group.cogroup!().aggregate!('node', spec))).to.match(
      /^node-cogroup: its add is undefined/,
    )
  })

  it('is refused where it is of a table', () => {
    expect(rows((table) => table.filter!('node'))).to.match(/^node: its keep is undefined/)
    expect(rows((table) => table.mapValues!('node', 3))).to.match(/^node: its map is number/)
    expect(rows((table) => table.transformValues!('node', {}))).to.match(/^node: its make is/)
    expect(rows((table) => table.join!('node', table, {}))).to.match(/^node: its merge is/)
    expect(rows((table) => table.join!('node', table, { on: 'id', merge }))).to.match(
      /^node-subscription-registration: its on is 'id'/,
    )
    const regrouped = (spec: object): string =>
      rows((table) =>
        table.groupBy!('by', (value: unknown) => ({ key: value, value }), strings).reduce!('node', {
          emit,
          ...spec,
        }),
      )
    expect(regrouped({ add })).to.match(/^node: its subtract is undefined/)
    expect(regrouped({ subtract: add })).to.match(/^node: its add is undefined/)
  })
})

describe('a word that means nothing', () => {
  it('is refused as emit, and on-window-close without windows', () => {
    expect(grouped((group) => group.count!('node', {}))).to.equal(
      'node: its emit is undefined: say one of on-update, on-update-coalesced',
    )
    expect(grouped((group) => group.count!('node', { emit: 'on-window-close' }))).to.match(
      /^node: its emit is 'on-window-close'/,
    )
    const windows = tumbling({ size: grace, grace })
    const inWindows = grouped((group) =>
      group.windowedBy!(windows).count!('node', { emit: 'late' }),
    )
    expect(inWindows).to.match(/^node: its emit is 'late': say one of .*on-window-close$/)
  })

  it('is refused as a policy, of a node or of all', () => {
    const identity = (value: unknown): unknown => value
    const ofNode = (options: object): string =>
      stream((from) => from.mapValues!('node', identity, options))
    expect(ofNode({ onError: 'ignore' })).to.equal(
      "node: its onError is 'ignore': say one of fail, skip, deadLetter(topic)",
    )
    expect(ofNode({ onDrop: 'skip' })).to.match(/^node: its onDrop is 'skip': say one of count/)
    expect(stream((from) => from.parse!('node', { decode: utf8 }))).to.match(
      /^node: its malformed is undefined: say one of fail, skip/,
    )
    const source = (spec: object): string =>
      built(({ source }) => source!('node', texts('in'), spec))
    expect(source({ malformed: 'none' })).to.match(/^node: its malformed is 'none'/)
    expect(source({ invalidTimestamp: 'now' })).to.match(/^node: its invalidTimestamp is 'now'/)
    expect(source({ offsetReset: 'newest' })).to.match(/^node: its offsetReset is 'newest'/)
    expect(source({ offsetReset: { byDuration: -1 } })).to.match(/^node: the byDuration .* not -1/)
    expect(source({ timestamp: 'at' })).to.match(/^node: its timestamp is 'at': give a function/)
    expect(built(({ source }) => source!('in', texts('in')), { onError: 'ignore' })).to.match(
      /^job: its onError is 'ignore'/,
    )
    expect(built(({ source }) => source!('in', texts('in')), { onDrop: 'fail' })).to.match(
      /^job: its onDrop is 'fail'/,
    )
  })

  it('is refused as a dead letter of a global table, which every instance would write', () => {
    const malformed = { kind: 'dead-letter', topic: 'bad' }
    const global = built(({ globalTable }) => globalTable!('node', texts('in'), { malformed }))
    expect(global).to.equal('node: its malformed is object: say one of fail, skip')
  })
})

describe('what is no topic, no windows and no length of time', () => {
  it('is refused as a topic', () => {
    for (const given of [undefined, null, 'in', [texts('a'), undefined]]) {
      expect(built(({ source }) => source!('node', given))).to.match(/^node: its topic is/)
    }
    expect(built(({ globalTable }) => globalTable!('node'))).to.match(/^node: its topic is/)
    expect(stream((from) => from.to!('node', 'out'))).to.match(/^node: its topic is 'out'/)
    expect(refusal(() => untyped(topic)('calls', { key: utf8 }))).to.match(/^calls: a topic has/)
    expect(refusal(() => untyped(topicPattern)('calls-.*', strings))).to.match(/regular expression/)
  })

  it('is refused as windows', () => {
    expect(grouped((group) => group.windowedBy!(minutes(1)))).to.match(/^by-key: its windows is/)
    const cogrouped = grouped((group) => group.cogroup!(add).windowedBy!())
    expect(cogrouped).to.match(/^by-key: its windows is undefined/)
    const within = tumbling({ size: grace, grace })
    expect(stream((from) => from.join!('node', from, { within, merge }))).to.match(
      /^node: its within is object of another kind: make it with joinWindows/,
    )
    expect(rows((table) => table.suppress!('node', 'windows'))).to.match(
      /^node: its suppression is/,
    )
  })

  it('is refused as a time', () => {
    const size = milliseconds(10)
    for (const wrong of [-1, NaN, Infinity, undefined, '5']) {
      const refused: readonly [of: string, make: () => unknown][] = [
        ['tumbling', () => untyped(tumbling)({ size, grace: wrong })],
        ['tumbling', () => untyped(tumbling)({ size: wrong, grace: size })],
        ['tumbling', () => untyped(tumbling)({ days: 1, timeZone: 'UTC', grace: wrong })],
        ['sliding', () => untyped(sliding)({ difference: wrong, grace: size })],
        ['sliding', () => untyped(sliding)({ difference: size, grace: wrong })],
        ['session', () => untyped(session)({ gap: wrong, grace: size })],
        ['session', () => untyped(session)({ gap: size, grace: wrong })],
        ['joinWindows', () => untyped(joinWindows)({ before: size, after: size, grace: wrong })],
        ['unlimited', () => untyped(unlimited)({ startMs: wrong })],
        ['untilTimeLimit', () => untyped(untilTimeLimit)(wrong)],
        ['kept', () => untyped(versionedStore)('kept', { ...strings, history: wrong })],
      ]
      for (const [of, make] of refused) {
        // Text would be compared as a number.
        if (of === 'unlimited' && wrong === Infinity) continue
        expect(refusal(make), `${of} ${String(wrong)}`).to.match(new RegExp(`^${of}: `))
      }
    }
    const before = NaN
    expect(refusal(() => untyped(joinWindows)({ before, after: size, grace }))).to.match(/NaN$/)
    const limits = { whenFull: 'stop' }
    expect(refusal(() => untyped(untilTimeLimit)(size, limits))).to.match(/^untilTimeLimit: whenF/)
    expect(refusal(() => untyped(untilWindowCloses)({ records: 0 }))).to.match(/at least 1 record/)
  })

  it('is refused as a time of a node', () => {
    const history = -5
    expect(built(({ table }) => table!('node', texts('in'), { history }))).to.match(
      /^node: the history must be at least 0, not -5/,
    )
    expect(grouped((group) => group.count!('node', { emit, history }))).to.match(/not -5/)
    const joined = built(({ source, table }) => {
      const kept = table!('rows', texts('rows'), { history: minutes(5) })
      source!('in', texts('in')).join!('node', kept, { merge, grace: -1 })
    })
    expect(joined).to.match(/^node: the grace must be at least 0, not -1/)
  })
})

describe('a name', () => {
  it('has at least one character that is no dot, and is a text', () => {
    for (const name of ['', '.', '..', 'a b', 'ä', 'x'.repeat(101), undefined, 5]) {
      const message = built(({ source }) => source!(name, texts('in')))
      expect(message).to.include(': a name is 1 to 100 letters')
    }
    expect(define('job', ({ source }: Untyped) => source!('.a', texts('in')))).not.to.equal(null)
  })
})
