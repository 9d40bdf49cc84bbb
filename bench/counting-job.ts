// The job of bench/latency and bench/growth: counts rows by group in windows of an hour. Who fills the
// input knows which count each row must bring about.
import { hours } from '../topology/duration.ts'
import { fields } from '../topology/serdes/fields.ts'
import { json } from '../topology/serdes/json.ts'
import { utf8 } from '../topology/serdes/primitive.ts'
import { topic } from '../topology/topic.ts'
import { defineTopology } from '../topology/topology.ts'
import { tumbling } from '../topology/windows.ts'

/** A result. */
export interface Counted {
  readonly group: string
  readonly rows: number
}

/** Names the topics: on a broker that is there before and after, each run needs its own. */
const run = process.env['BENCH_RUN'] ?? 'bench'

/** Rows in. What else a row holds is validated and left out. */
export const rowsIn = topic(`${run}.rows`, {
  key: utf8,
  value: json.object({ group: json.string(), atMs: json.number() }),
})
/** Updates out. */
export const countsOut = topic(`${run}.counts`, { key: utf8, value: json.any<Counted>() })

const grace = hours(1)

export default defineTopology('bench-counting', ({ source }) => {
  source('rows', rowsIn)
    .parse('parse', {
      decode: rowsIn.value,
      timestamp: ({ atMs }) => atMs,
      malformed: 'fail',
    })
    .groupBy('by-group', fields('group'))
    .windowedBy(tumbling({ size: hours(1), grace }))
    .count('rows-by-group', { emit: 'on-update-coalesced' })
    .toStream('counts')
    .map('counted', (rows, { key }) => ({
      key: key.key.group,
      value: { group: key.key.group, rows },
    }))
    .to('out', countsOut)
})
