// One small topology for each operator, all over the same records. A new operator is one more line.
import { minutes, seconds } from '../topology/duration.ts'
import { fields } from '../topology/serdes/fields.ts'
import { json } from '../topology/serdes/json.ts'
import { float64, utf8 } from '../topology/serdes/primitive.ts'
import { windowed } from '../topology/serdes/windowed.ts'
import { staticTable } from '../topology/static-table.ts'
import type { Stream } from '../topology/stream.ts'
import { topic } from '../topology/topic.ts'
import { hopping, tumbling } from '../topology/windows.ts'

/** The value of a record. */
export interface Call {
  readonly type: string
  readonly area: string
  readonly units: number
}

/** Records whose key is one of the areas. */
export type Calls = Stream<string, Call>

/** What is measured, and with which of the other cases it is compared. */
export interface OperatorCase {
  readonly name: string
  readonly build: (calls: Calls) => void
  /** What the topology would cost without the operator; `nothing` where it is left out. */
  readonly beside?: string
}

/** Area codes, and so the groups of what is grouped by area. */
export const AREAS = 200
export const areaOf = (i: number): string => `area-${i % AREAS}`

const results = topic('results', { key: utf8, value: float64 })
const counts = topic('counts', { key: windowed(utf8), value: float64 })
const merge = (call: Call, row: { name: string } | undefined): string => row?.name ?? call.area
const byArea = { on: ({ area }: Call) => area, merge }
const grace = minutes(1)
const coalesced = { emit: 'on-update-coalesced' } as const

/** The least that a topology does: reads the records and takes their event time. */
export const NOTHING = 'nothing'

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
  ]
}
