// Programs that must not compile: each mistake is one line, and it is the line that is marked.
import {
  deadLetter,
  defineTopology,
  float64,
  fields,
  hopping,
  hours,
  int32,
  joinWindows,
  json,
  keyValueStore,
  minutes,
  session,
  sliding,
  topic,
  topicPattern,
  tumbling,
  untilWindowCloses,
  utf8,
  windowed,
  windowStore,
  type BaseProcessorContext,
  type GlobalStoreContext,
  type KeyValueStore,
  type Stream,
} from '../../index.ts'
import { byType, call, calls, counts, names, windows, type Call } from './compiles.ts'

export type Missing = [
  // @ts-expect-error what was parsed is parsed
  Stream<string, Call>['parse'],
  // @ts-expect-error only grouped streams have windows
  Stream<string, Call>['windowedBy'],
  // @ts-expect-error a stream that is not grouped is not counted
  Stream<string, Call>['count'],
  // @ts-expect-error a processor of a table makes its rows, and sends nothing
  BaseProcessorContext['forward'],
  // @ts-expect-error nothing comes out of a global store
  GlobalStoreContext['forward'],
]

export const mistakes = [
  () => {
    // @ts-expect-error a bare number is no duration
    tumbling({ size: 3_600_000, grace: minutes(5) })
    // @ts-expect-error grace is a decision that somebody has to make
    tumbling({ size: hours(1) })
    // @ts-expect-error so it is for hopping windows
    hopping({ size: hours(1), advance: minutes(5) })
    // @ts-expect-error a local day is one of some zone
    tumbling({ days: 1, grace: minutes(5) })
    // @ts-expect-error days or hours, not both
    tumbling({ days: 1, hours: 6, timeZone: 'UTC', grace: minutes(5) })
    // @ts-expect-error text is no duration
    hopping({ size: '1 h', advance: minutes(5), grace: minutes(0) })
  },
  () =>
    defineTopology('job', ({ source }) => {
      const stream = source('in', calls)
      const timestamp = ({ at }: { at: number }): number => at
      // @ts-expect-error what becomes of bad rows has to be said
      stream.parse('parse', { decode: call, timestamp })
      // @ts-expect-error there is no such policy
      stream.parse('parse', { decode: call, malformed: 'ignore' })
      // @ts-expect-error a field that was not declared
      stream.parse('parse', { decode: call, timestamp: ({ time: _time }) => 0, malformed: 'skip' })
      // @ts-expect-error a time is a number
      stream.parse('parse', { decode: call, timestamp: ({ id }) => id, malformed: 'skip' })
    }),
  () =>
    defineTopology('job', ({ source }) => {
      const parsed = source('in', calls).parse('parse', { decode: call, malformed: 'skip' })
      const grouped = parsed.groupBy('by-type', byType)
      const counted = grouped.windowedBy(windows).count('count', { emit: 'on-update' })
      // @ts-expect-error when results go out has to be said
      grouped.windowedBy(windows).count('count')
      // @ts-expect-error there is no such strategy
      grouped.windowedBy(windows).count('count', { emit: 'always' })
      // @ts-expect-error a field that was not declared
      parsed.groupBy('by-kind', fields('kind'))
      // @ts-expect-error a key made by a function needs a serde
      parsed.groupBy('by-id', () => 'key')
      // @ts-expect-error the serde is one of other keys
      parsed.groupBy('by-id', ({ id }) => id, int32)
      // @ts-expect-error the topic's values are text
      counted.to('out', topic('counts', { key: windowed(byType), value: utf8 }))
      // @ts-expect-error the topic's keys are not windowed
      counted.to('out', topic('counts', { key: byType, value: float64 }))
      // @ts-expect-error the topic's keys are of another field
      counted.to('out', topic('counts', { key: windowed(fields('place')), value: float64 }))
      // @ts-expect-error an optional field may be undefined
      parsed.mapValues('length', ({ note }) => note.length)
      // @ts-expect-error a nullable field may be null
      parsed.mapValues('length', ({ place }) => place.length)
      // @ts-expect-error rows are read-only
      parsed.peek('change', (row) => (row.id = 'other'))
      counted.to('out', counts)
    }),
  () =>
    defineTopology('job', ({ source }) => {
      const parsed = source('in', calls).parse('parse', { decode: call, malformed: 'skip' })
      parsed.leftJoin('named', names, {
        on: ({ id }) => id,
        // @ts-expect-error a left join may find no row
        merge: ({ id }, row) => id + row.name,
      })
      // @ts-expect-error the table's keys are text
      parsed.join('named', names, {
        on: ({ at }) => at,
        merge: ({ id }, row) => id + row.name,
      })
    }),
  () =>
    defineTopology('job', ({ source }) => {
      const stream = source('in', calls).mapValues('length', (value) => value.length)
      const size = minutes(5)
      // @ts-expect-error how long windows wait is a decision
      sliding({ difference: size })
      // @ts-expect-error how long sessions wait is a decision
      session({ gap: size })
      // @ts-expect-error how long a join waits is a decision
      joinWindows({ before: size, after: size })
      const within = joinWindows({ before: size, after: size, grace: size })
      const serdes = { left: float64, right: float64 }
      stream.leftJoin('pairs', stream, {
        within,
        serdes,
        // @ts-expect-error a left join may find no partner
        merge: (left, right) => left + right,
      })
      // @ts-expect-error in an outer join either side may be missing
      stream.outerJoin('all', stream, { within, serdes, merge: (left) => left.toFixed() })
      const table = stream.groupByKey('by-key').count('count', { emit: 'on-update' })
      // @ts-expect-error nothing final goes out early
      table.suppress('final', untilWindowCloses({ whenFull: 'emit-early' }))
      const sessions = stream
        .groupByKey('by-key-too')
        .windowedBy(session({ gap: size, grace: size }))
      const sum = { initialize: () => 0, add: () => 1, value: float64, emit: 'on-update' } as const
      // @ts-expect-error two sessions become one by a function
      sessions.aggregate('sum', sum)
    }),
  () =>
    defineTopology('job', ({ source, table, globalTable }) => {
      const stream = source('in', topic('texts', { key: utf8, value: utf8 }))
      const rows = table('rows', topic('rows', { key: utf8, value: float64 }))
      const serdes = { key: utf8, value: utf8 }
      const both = (text: string, row: number): number => text.length + row
      // @ts-expect-error a left join may find no row
      stream.leftJoin('left', rows, { merge: both })
      const byLength = stream.selectKey('length', (text) => text.length)
      // @ts-expect-error the table has other keys
      byLength.join('found', rows, { merge: both })
      const names = globalTable('names', topic('names', { key: float64, value: utf8 }))
      // @ts-expect-error a row of a global table is found by its own key
      stream.join('named', names, { on: (text) => text, merge: (text) => text })
      // @ts-expect-error every instance reads them: each would write a dead letter
      globalTable('kept', topic('kept', serdes), { malformed: deadLetter('bad') })
      const others = table('others', topic('others', { key: float64, value: utf8 }))
      // @ts-expect-error tables with other keys are joined by a foreign key
      rows.join('others-too', others, { merge: both })
      // @ts-expect-error a foreign key is one of the other table
      rows.join('by-text', others, { on: (row) => `${row}`, merge: (row) => row })
      // @ts-expect-error a left join may find no row
      rows.leftJoin('by-row', others, { on: (row) => row, merge: (_row, text) => text.length })
      const lost = { on: (row: number) => row, merge: () => 1 }
      // @ts-expect-error nothing comes out of rows that none points to
      rows.outerJoin('by-row-too', others, lost)
      // @ts-expect-error in an outer join of tables either side may be missing
      rows.outerJoin('both', rows, { merge: (one, other) => one + other })
      const lengths = stream.mapValues('lengths', (text) => text.length)
      // @ts-expect-error streams of other values are not one stream
      stream.merge('merged', lengths)
      const split = stream.split('parts').branch('one', () => true)
      // @ts-expect-error what went into no branch is not there
      const _branches: Record<'one' | 'two', unknown> = split.noDefaultBranch()
      // @ts-expect-error a topic that is chosen needs serdes
      stream.to('chosen', () => 'elsewhere')
      // @ts-expect-error of several records each has a key
      stream.flatMap('many', (text) => [{ value: text }])
      // @ts-expect-error several values are a list
      stream.flatMapValues('many', ({ length }) => length)
      // @ts-expect-error the serde is one of other values
      stream.repartition('spread', { key: utf8, value: float64 })
      // @ts-expect-error there is no such answer to a bad time
      source('more', topic('more', serdes), { invalidTimestamp: 'now' })
      const grouped = stream.groupByKey('by-key')
      // @ts-expect-error a running aggregate has no windows to close
      grouped.count('count', { emit: 'on-window-close' })
      const sum = { initialize: () => 0, add: (all: number) => all + 1, emit: 'on-update' } as const
      // @ts-expect-error an aggregate is kept as bytes
      grouped.aggregate('sum', sum)
      const regrouped = rows.groupBy('anew', (value) => ({ key: value, value }), {
        key: float64,
        value: float64,
      })
      // @ts-expect-error what left a group has to be taken back
      regrouped.reduce('all', { add: (one, other) => one + other, emit: 'on-update' })
      const spec = { ...serdes, size: minutes(1), retention: minutes(5) }
      const kept = windowStore('kept', spec)
      // @ts-expect-error windows have a size
      windowStore('kept', { ...serdes, retention: minutes(5) })
      stream.process('windows', {
        make({ store }) {
          // @ts-expect-error a window store has no value of a key alone
          const values: KeyValueStore<string, string> = store(kept)
          return (_text, { key }) => values.delete(key)
        },
      })
      // @ts-expect-error a deleted row comes as null
      rows.transformValues('plus', { make: () => (row) => row.toFixed() })
      // @ts-expect-error a partition is a number
      stream.to('sent', topic('sent', serdes), { partitioner: (text) => text })
      // @ts-expect-error a record goes through a repartition topic once
      stream.repartition('spread-too', { partitioner: () => [0, 1] })
      // @ts-expect-error there is no such place to begin
      source('late', topic('late', serdes), { offsetReset: 'newest' })
      // @ts-expect-error a pattern is one of names, with serdes of all
      source('some', topicPattern('some-.*', serdes))
      // @ts-expect-error headers are a list
      stream.processValues('head', { make: (to) => (text) => to.forward(text, { headers: 'a' }) })
      // @ts-expect-error functions of operators see no headers
      stream.mapValues('headers', (text, { headers: _headers }) => text)
      // @ts-expect-error a processor that may change keys says which it is
      stream.process('keyed', { make: (to) => (text) => to.forward(text) })
    }),
  () =>
    defineTopology('job', ({ source, globalStore, globalTable }) => {
      const serdes = { key: utf8, value: utf8 }
      const store = keyValueStore('kept', serdes)
      const from = topic('names', serdes)
      // @ts-expect-error a deleted row comes as null
      globalStore('lengths', from, { store, make: () => (text) => void text.length })
      const make = () => () => undefined
      // @ts-expect-error what fills a store is written
      globalStore('empty', from, { store })
      // @ts-expect-error every instance reads it: each would write a dead letter
      globalStore('dead', from, { store, make, onError: deadLetter('bad') })
      const global = globalStore('names', from, { store, make })
      const rows = globalTable('rows', topic('rows', serdes))
      source('in', topic('texts', serdes)).process('reads', {
        make(context) {
          // @ts-expect-error all instances have it, and would no longer have the same
          const written: KeyValueStore<string, string> = context.store(global)
          // @ts-expect-error only its topic says what is in it
          const deleted: KeyValueStore<string, string> = context.store(rows)
          return (_text, { key }) => written.delete(deleted.delete(key) ?? key)
        },
      })
      // @ts-expect-error it is no table: it is not joined
      source('more', from).join('found', global, { on: () => 'a', merge: () => 'b' })
    }),
  () => {
    // @ts-expect-error only text is interned
    json.number().interned()
    // @ts-expect-error a zone has to be named
    json.dateTime()
    // @ts-expect-error a topic has serdes
    topic('calls', { value: utf8 })
  },
]
