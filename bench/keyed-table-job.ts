// The job of bench/restore for tables: counts the rows of each key, without windows.
import { defineTopology } from '../topology/topology.ts'
import { keyCounts, keysIn, STORE } from './keyed-job.ts'

export default defineTopology('bench-keyed-table', ({ source }) => {
  source('rows', keysIn)
    .groupByKey('by-key')
    .count(STORE, { emit: 'on-update-coalesced' })
    .toStream('counts')
    .to('out', keyCounts)
})
