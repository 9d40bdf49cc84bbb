// More programs that must not compile, operator by operator: each mistake is one line, and it is the line that is
// marked.
import {
  deadLetter,
  defineTopology,
  float64,
  int32,
  joinWindows,
  json,
  keyValueStore,
  milliseconds,
  minus,
  minutes,
  session,
  sliding,
  staticTable,
  topic,
  tumbling,
  unlimited,
  untilTimeLimit,
  untilWindowCloses,
  utf8,
  versionedStore,
  windowed,
  windowStore,
  windowStoreKey,
  type GlobalTable,
  type GroupedStream,
  type SessionStream,
  type Stream,
  type Table,
  type WindowedStream,
} from '../../index.ts'
import { TopologyTestDriver } from '../../testing.ts'

const strings = { key: utf8, value: utf8 }
const texts = topic('texts', strings)
const numbers = topic('numbers', { key: utf8, value: float64 })
const byNumber = topic('by-number', { key: float64, value: utf8 })
const size = minutes(1)
const grace = minutes(0)
const emit = 'on-update'

export type Missing = [
  // @ts-expect-error a table is not mapped to other keys but by groupBy
  Table<string, string>['selectKey'],
  // @ts-expect-error nor is it cut into windows
  Table<string, string>['windowedBy'],
  // @ts-expect-error a table is counted by groups
  Table<string, string>['count'],
  // @ts-expect-error the changes of a stream are all there is
  Stream<string, string>['suppress'],
  // @ts-expect-error nothing leaves a group of a stream
  Parameters<GroupedStream<string, string>['reduce']>[1]['subtract'],
  // @ts-expect-error nothing comes out of a global table but by a join
  GlobalTable<string, string>['toStream'],
  // @ts-expect-error a global table is not joined with another
  GlobalTable<string, string>['join'],
  // @ts-expect-error a grouping is aggregated before it is written
  GroupedStream<string, string>['to'],
  // @ts-expect-error so are windows
  WindowedStream<string, string>['toStream'],
  // @ts-expect-error cogroups are made of groupings, and cut afterwards
  SessionStream<string, string>['cogroup'],
]

export const mistakes = [
  () => {
    // @ts-expect-error no window is so long
    tumbling({ size: minus(size), grace })
    // @ts-expect-error nothing is waited for until before it came
    tumbling({ size, grace: minus(size) })
    // @ts-expect-error nor here
    session({ gap: size, grace: minus(size) })
    // @ts-expect-error records lie apart or not
    sliding({ difference: minus(size), grace })
    // @ts-expect-error a join of streams has two ends
    joinWindows({ before: size, grace })
    // @ts-expect-error bare numbers are no durations
    joinWindows({ before: 5, after: 5, grace })
    // @ts-expect-error one end only
    unlimited({ endMs: 5 })
    // @ts-expect-error for how long has to be said
    untilTimeLimit()
    // @ts-expect-error in durations
    untilTimeLimit(5)
    // @ts-expect-error there is no such way out of a full buffer
    untilTimeLimit(size, { whenFull: 'drop' })
    // @ts-expect-error the size of windows is a duration, or their windows
    windowed(utf8, 60_000)
    // @ts-expect-error so it is of those in stores
    windowStoreKey(utf8, 60_000)
    // @ts-expect-error a topic has keys, too
    topic('half', { value: utf8 })
    // @ts-expect-error a store has values
    keyValueStore('half', { key: utf8 })
    // @ts-expect-error how long windows are kept
    windowStore('half', { ...strings, size })
    // @ts-expect-error how long versions are kept
    versionedStore('half', strings)
    // @ts-expect-error local time is that of a place
    json.object({ at: json.dateTime({}) })
    // @ts-expect-error numbers repeat less than texts
    json.object({ n: json.number().interned() })
    // @ts-expect-error a row is found by its key
    staticTable('names', { file: new URL('file:///a'), row: json.object({ code: json.string() }) })
  },
  () =>
    defineTopology('streams', ({ source }) => {
      const stream = source('in', texts)
      // @ts-expect-error a source reads a topic
      source('none')
      // @ts-expect-error all topics of a source are alike
      source('both', [texts, numbers])
      // @ts-expect-error a time is a number
      source('timed', texts, { timestamp: (text) => text })
      // @ts-expect-error it is kept or not
      stream.filter('long', ({ length }) => length)
      // @ts-expect-error a record has a key and a value
      stream.map('pairs', (text) => text)
      // @ts-expect-error a branch is taken or not
      stream.split('parts').branch('one', ({ length }) => length)
      // @ts-expect-error what is not there fails, is left out or is a dead letter
      stream.peek('look', () => undefined, { onError: 'ignore' })
      // @ts-expect-error what is dropped is not skipped once more
      stream.peek('look', () => undefined, { onDrop: 'skip' })
      // @ts-expect-error the topic has other values
      stream.to('out', numbers)
      // @ts-expect-error the topic has other keys
      stream.to('out', byNumber)
      // @ts-expect-error the name of a topic is text
      stream.to('chosen', ({ length }) => length, strings)
      // @ts-expect-error partitions are counted
      stream.repartition('spread', { partitions: '4' })
      // @ts-expect-error the table's values are the stream's
      stream.toTable('rows', { value: int32 })
      // @ts-expect-error history is a duration
      stream.toTable('rows', { history: 5 })
      stream.process<string, number>('lengths', {
        make:
          (to) =>
          (text, { key }) => {
            // @ts-expect-error what comes out are numbers
            to.forward({ key, value: text })
            // @ts-expect-error time passes by records or by the clock
            to.schedule('event-time', size, () => undefined)
            // @ts-expect-error an interval is a duration
            to.schedule('wall-clock', 5, () => undefined)
          },
      })
      stream.processValues<number>('values', {
        // @ts-expect-error what comes out are numbers
        make: (to) => (text) => to.forward(text),
      })
    }),
  () =>
    defineTopology('aggregates', ({ source, table }) => {
      const grouped = source('in', texts).groupByKey('by-key')
      // @ts-expect-error the serde is one of other keys
      source('more', texts).groupByKey('by-number', float64)
      // @ts-expect-error history is a duration
      grouped.count('count', { emit, history: 5 })
      // @ts-expect-error two texts become one
      grouped.reduce('all', { reduce: (one, other) => one.length + other.length, emit })
      const add = (sum: number, text: string): number => sum + text.length
      // @ts-expect-error the first aggregate is one, too
      grouped.aggregate('sum', { initialize: () => '', add, value: float64, emit })
      // @ts-expect-error the serde is one of other aggregates
      grouped.aggregate('sum', { initialize: () => 0, add, value: utf8, emit })
      const spec = { add, value: float64, emit } as const
      // @ts-expect-error an aggregate begins with something
      grouped.aggregate('sum', spec)
      // @ts-expect-error joins have windows of their own
      grouped.windowedBy(joinWindows({ before: size, after: size, grace }))
      const endless = grouped.windowedBy(unlimited({ startMs: 0 }))
      // @ts-expect-error a window without an end never closes
      endless.count('count', { emit: 'on-window-close' })
      grouped
        .cogroup(add)
        .windowedBy(unlimited({ startMs: 0 }))
        .aggregate('sum', {
          initialize: () => 0,
          value: float64,
          // @ts-expect-error that of a cogroup neither
          emit: 'on-window-close',
        })
      const windows = grouped.windowedBy(tumbling({ size, grace }))
      // @ts-expect-error retention is a duration
      windows.count('count', { emit, retention: 5 })
      // @ts-expect-error one aggregate is of windows
      windows.count('count', { emit }).to('out', numbers)
      const other = source('numbers', byNumber).groupByKey('by-number-too')
      // @ts-expect-error what is aggregated together has the same keys
      grouped.cogroup(add).and(other, add)
      // @ts-expect-error when results go out has to be said
      grouped.cogroup(add).aggregate('sum', { initialize: () => 0, value: float64 })
      const regrouped = table('rows', numbers).groupBy('anew', (value) => ({ key: value, value }), {
        key: float64,
        value: float64,
      })
      // @ts-expect-error there are no windows that could close
      regrouped.count('count', { emit: 'on-window-close' })
      const toAll = (all: number, one: number): number => all + one
      // @ts-expect-error what left a group has to be taken back
      regrouped.aggregate('sum', { initialize: () => 0, add: toAll, value: float64, emit })
    }),
  () =>
    defineTopology('tables', ({ table, globalTable, source }) => {
      const rows = table('rows', texts)
      // @ts-expect-error a global table has no former versions
      globalTable('kept', numbers, { history: size })
      // @ts-expect-error only windows close
      rows.suppress('final', untilWindowCloses())
      rows.suppress('slow', untilTimeLimit(size))
      // @ts-expect-error how rows are grouped is how they travel
      rows.groupBy('anew', (value, { key }) => ({ key, value }))
      // @ts-expect-error groups have keys
      rows.groupBy('anew', (value) => value, strings)
      // @ts-expect-error the result is kept by its own serde
      rows.mapValues('lengths', ({ length }) => length, { store: utf8 })
      // @ts-expect-error a row is kept or not
      rows.filter('long', ({ length }) => length)
      // @ts-expect-error what becomes of a row is kept by its own serde
      rows.transformValues('sized', { make: () => (row) => row?.length ?? 0 }, { store: utf8 })
      const counts = source('in', texts)
        .groupByKey('by-key')
        .windowedBy(tumbling({ size, grace }))
        .count('count', { emit })
      counts.suppress('final-counts', untilWindowCloses())
      // @ts-expect-error windows of a key are not the key
      counts.join('both', rows, { merge: () => 1 })
    }),
  () =>
    defineTopology('joins', ({ source, table, globalTable }) => {
      const stream = source('in', texts)
      const other = source('others', byNumber)
      const within = joinWindows({ before: size, after: size, grace })
      const merge = (one: string, other: string): string => one + other
      // @ts-expect-error streams of other keys do not meet
      stream.join('both', other, { within, merge })
      // @ts-expect-error within what time has to be said
      stream.join('both', stream, { merge })
      // @ts-expect-error in windows of a join
      stream.join('both', stream, { within: tumbling({ size, grace }), merge })
      // @ts-expect-error what becomes of two has to be said
      stream.join('both', stream, { within })
      const rows = table('rows', numbers)
      // @ts-expect-error a table has no outer join with a stream: its changes cause nothing
      stream.outerJoin('both', rows, { merge: () => 1 })
      // @ts-expect-error how long records wait is a duration
      stream.join('both', rows, { grace: 5, merge: () => 1 })
      const names = globalTable('names', byNumber)
      // @ts-expect-error nor has a global table
      stream.outerJoin('both', names, { on: (text: string) => text.length, merge })
      // @ts-expect-error by what a row is found has to be said
      stream.join('both', names, { merge })
      // @ts-expect-error tables are not joined with global ones
      rows.join('both', names, { merge: () => 1 })
      // @ts-expect-error of two tables, too, what becomes of two has to be said
      rows.join('both', rows, {})
      // @ts-expect-error the result is kept by its own serde
      rows.join('both', rows, { merge: (one: number): number => one, store: utf8 })
    }),
  () => {
    const topology = defineTopology('driven', ({ source }) => source('in', texts).to('out', texts))
    // @ts-expect-error partitions are counted
    const driver = new TopologyTestDriver(topology, { partitions: 'two' })
    // @ts-expect-error the topic has other values
    driver.pipeInput(texts, { key: 'a', value: 5 })
    // @ts-expect-error a record without a key says so
    driver.pipeInput(texts, { value: 'a' })
    const [first] = driver.readOutput(texts)
    // @ts-expect-error a value may be null
    first!.value.length.toFixed()
    // @ts-expect-error the clock moves by a time
    driver.advanceWallClock('1 s')
  },
  () => {
    // @ts-expect-error dead letters go to a topic by its name
    deadLetter(texts)
    // @ts-expect-error an amount is a number
    milliseconds('5')
    // @ts-expect-error there is no such way of going on for all
    defineTopology('job', () => undefined, { onError: 'ignore' })
    // @ts-expect-error who drops goes on
    defineTopology('job', () => undefined, { onDrop: 'fail' })
  },
]
