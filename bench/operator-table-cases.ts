// The cases of bench/operators.ts that keep something for each key: tables and aggregates.
import { seconds } from '../topology/duration.ts'
import { session, sliding } from '../topology/record-windows.ts'
import { float64, utf8 } from '../topology/serdes/primitive.ts'
import { untilTimeLimit } from '../topology/suppression.ts'
import { tumbling } from '../topology/windows.ts'
import {
  callsSerde,
  coalesced,
  grace,
  type Call,
  type Calls,
  type OperatorCase,
} from './operator-calls.ts'

const kept = { value: float64, ...coalesced }
const most = (one: Call, other: Call): Call => (other.units > one.units ? other : one)
const sumUp = { initialize: () => 0, add: (sum: number, { units }: Call) => sum + units, ...kept }

const tableOf = (calls: Calls) =>
  calls.toTable('table', { key: utf8, value: callsSerde, store: true })

/** Tables. */
export const tableCases: readonly OperatorCase[] = [
  { name: 'toTable, kept', build: (calls) => tableOf(calls) },
  {
    name: 'table.filter',
    beside: 'toTable, kept',
    build: (calls) => tableOf(calls).filter('op', ({ units }) => units > 3),
  },
  {
    name: 'table.mapValues',
    beside: 'toTable, kept',
    build: (calls) => tableOf(calls).mapValues('op', ({ units }) => units),
  },
  {
    name: 'table.toStream',
    beside: 'toTable, kept',
    build: (calls) => tableOf(calls).toStream('op'),
  },
  {
    name: 'table.suppress, ten seconds',
    beside: 'toTable, kept',
    build: (calls) =>
      tableOf(calls).suppress('op', untilTimeLimit(seconds(10), { records: 1_000 })),
  },
  {
    name: 'table.groupBy and count',
    beside: 'toTable, kept',
    build: (calls) =>
      tableOf(calls)
        .groupBy('by-type', (call) => ({ key: call.type, value: call }), {
          key: utf8,
          value: callsSerde,
        })
        .count('op', coalesced),
  },
]

const byKey = (calls: Calls) => calls.groupByKey('by-key', utf8, callsSerde)

/** Aggregates, with and without windows. */
export const aggregateCases: readonly OperatorCase[] = [
  { name: 'groupByKey and count', build: (calls) => byKey(calls).count('op', coalesced) },
  {
    name: 'groupByKey and reduce',
    build: (calls) => byKey(calls).reduce('op', { reduce: most, value: callsSerde, ...coalesced }),
  },
  { name: 'groupByKey and aggregate', build: (calls) => byKey(calls).aggregate('op', sumUp) },
  {
    name: 'groupByKey, cogroup and aggregate',
    build: (calls) =>
      byKey(calls)
        .cogroup<number>((sum, { units }) => sum + units)
        .aggregate('op', { initialize: () => 0, ...kept }),
  },
  {
    name: 'aggregate, tumbling',
    build: (calls) =>
      byKey(calls)
        .windowedBy(tumbling({ size: seconds(10), grace }))
        .aggregate('op', sumUp),
  },
  {
    name: 'count, sliding windows',
    build: (calls) =>
      byKey(calls)
        .windowedBy(sliding({ difference: seconds(10), grace }))
        .count('op', coalesced),
  },
  {
    name: 'count, sessions',
    build: (calls) =>
      byKey(calls)
        .windowedBy(session({ gap: seconds(10), grace }))
        .count('op', coalesced),
  },
]
