// The job of bench/restore and bench/takeover: counts the rows of each key in windows of an hour. It has one
// sub-topology, so that every instance has its share of the state.
import { float64, utf8 } from '../topology/serdes/primitive.ts'
import { topic } from '../topology/topic.ts'
import { defineTopology } from '../topology/topology.ts'

/** Names the topics: each run needs its own. */
const run = process.env['BENCH_RUN'] ?? 'bench'

/** Rows in, by the key that they are counted by. */
export const keysIn = topic(`${run}.keys`, { key: utf8, value: utf8 })
/** Counts out. */
export const keyCounts = topic(`${run}.key-counts`, { key: utf8, value: float64 })
/** What is restored. */
export const STORE = 'rows-of-key'

export default defineTopology('bench-keyed', ({ source }) => {
  source('rows', keysIn)
    .groupByKey('by-key')
    .count(STORE, { emit: 'on-update' })
    .toStream('counts')
    .map('by-name', (rows, { key }) => ({ key, value: rows }))
    .to('out', keyCounts)
})
