// One small topology for each operator, all over the same records. A new operator is one more line.
import { seconds } from '../topology/duration.ts'
import type { FixedKeyProcessorContext, ProcessorContext } from '../topology/process.ts'
import { fields } from '../topology/serdes/fields.ts'
import { json } from '../topology/serdes/json.ts'
import { float64, utf8 } from '../topology/serdes/primitive.ts'
import { windowed } from '../topology/serdes/windowed.ts'
import { staticTable } from '../topology/static-table.ts'
import { topic } from '../topology/topic.ts'
import { hopping, tumbling } from '../topology/windows.ts'
import {
  callsSerde,
  coalesced,
  grace,
  NOTHING,
  type Call,
  type OperatorCase,
} from './operator-calls.ts'
import { aggregateCases, tableCases } from './operator-table-cases.ts'

const results = topic('results', { key: utf8, value: float64 })
const counts = topic('counts', { key: windowed(utf8), value: float64 })
const merge = (call: Call, row: { name: string } | undefined): string => row?.name ?? call.area
const byArea = { on: ({ area }: Call) => area, merge }

const typesOf = (call: Call): string[] => [call.type, call.area]

const streamCases: readonly OperatorCase[] = [
  { name: 'flatMapValues, two each', build: (calls) => calls.flatMapValues('op', typesOf) },
  {
    name: 'flatMap, two each',
    build: (calls) =>
      calls.flatMap('op', (call) => typesOf(call).map((key) => ({ key, value: call }))),
  },
  { name: 'forEach', build: (calls) => calls.forEach('op', () => undefined) },
  {
    name: 'split in three',
    build: (calls) =>
      calls
        .split('op')
        .branch('none', ({ units }) => units === 0)
        .branch('few', ({ units }) => units < 4)
        .defaultBranch('many'),
  },
  {
    name: 'merge with itself',
    build: (calls) =>
      calls.merge(
        'op',
        calls.filter('some', ({ units }) => units > 3),
      ),
  },
  {
    name: 'process',
    build: (calls) =>
      calls.process('op', {
        make:
          (context: ProcessorContext<string, Call>) =>
          (value, { key }) =>
            context.forward({ key, value }),
      }),
  },
  {
    name: 'processValues',
    build: (calls) =>
      calls.processValues('op', {
        make: (context: FixedKeyProcessorContext<Call>) => (value) => context.forward(value),
      }),
  },
  {
    name: 'repartition',
    build: (calls) =>
      calls.repartition('op', { key: utf8, value: callsSerde }).peek('there', () => undefined),
  },
  {
    name: 'to, a topic by record',
    build: (calls) => calls.to('op', () => 'results', { key: utf8, value: callsSerde }),
  },
]

/** All cases; `areasFile` is a JSON array of rows with `area` and `name`. */
export const operatorCases = (areasFile: URL): readonly OperatorCase[] => {
  const areas = staticTable('areas', {
    file: areasFile,
    row: json.object({ area: json.string(), name: json.string() }),
    key: ({ area }) => area,
  })
  return [
    { name: NOTHING, build: () => undefined },
    { name: 'filter, all stay', build: (calls) => calls.filter('op', ({ units }) => units >= 0) },
    { name: 'filter, none stays', build: (calls) => calls.filter('op', ({ units }) => units < 0) },
    { name: 'filterNot', build: (calls) => calls.filterNot('op', ({ units }) => units < 0) },
    { name: 'mapValues', build: (calls) => calls.mapValues('op', ({ units }) => units) },
    {
      name: 'map',
      build: (calls) => calls.map('op', ({ type, units }) => ({ key: type, value: units })),
    },
    { name: 'selectKey', build: (calls) => calls.selectKey('op', ({ type }) => type) },
    { name: 'peek', build: (calls) => calls.peek('op', () => undefined) },
    { name: 'join, static table', build: (calls) => calls.join('op', areas, byArea) },
    { name: 'leftJoin, static table', build: (calls) => calls.leftJoin('op', areas, byArea) },
    {
      name: 'to',
      beside: 'mapValues',
      build: (calls) => calls.mapValues('units', ({ units }) => units).to('op', results),
    },
    {
      name: 'groupByKey and count, tumbling',
      build: (calls) =>
        calls
          .groupByKey('by-key', utf8)
          .windowedBy(tumbling({ size: seconds(10), grace }))
          .count('op', coalesced),
    },
    {
      name: 'groupByKey and count, 6 hopping windows',
      build: (calls) =>
        calls
          .groupByKey('by-key', utf8)
          .windowedBy(hopping({ size: seconds(60), advance: seconds(10), grace }))
          .count('op', coalesced),
    },
    {
      name: 'count, each update out',
      beside: 'groupByKey and count, tumbling',
      build: (calls) =>
        calls
          .groupByKey('by-key', utf8)
          .windowedBy(tumbling({ size: seconds(10), grace }))
          .count('op', { emit: 'on-update' })
          .to('out', counts),
    },
    {
      name: 'count, at the close of windows',
      beside: 'groupByKey and count, tumbling',
      build: (calls) =>
        calls
          .groupByKey('by-key', utf8)
          .windowedBy(tumbling({ size: seconds(10), grace: seconds(0) }))
          .count('op', { emit: 'on-window-close' })
          .to('out', counts),
    },
    {
      name: 'groupBy a function, repartition, count',
      build: (calls) =>
        calls
          .groupBy('op', ({ type }) => type, utf8)
          .windowedBy(tumbling({ size: seconds(10), grace }))
          .count('counted', coalesced),
    },
    {
      name: 'groupBy fields, repartition, count',
      build: (calls) =>
        calls
          .groupBy('op', fields('type', 'area'))
          .windowedBy(tumbling({ size: seconds(10), grace }))
          .count('counted', coalesced),
    },
    ...streamCases,
    ...tableCases,
    ...aggregateCases,
  ]
}
