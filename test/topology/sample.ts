// A topology with every kind of node, for tests of what topologies say about themselves.
import { hours, minutes } from '../../topology/duration.ts'
import { deadLetter } from '../../topology/policies.ts'
import { fields } from '../../topology/serdes/fields.ts'
import { json } from '../../topology/serdes/json.ts'
import { bytes, float64, utf8 } from '../../topology/serdes/primitive.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import { staticTable } from '../../topology/static-table.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { hopping, tumbling } from '../../topology/windows.ts'

export const callRow = json.object({
  type: json.string().interned(),
  place: json.string().interned(),
  at: json.integer(),
})
export const calls = topic('calls', { key: utf8, value: bytes })
export const byType = fields('type')
export const typeCounts = topic('type-counts', { key: windowed(byType), value: float64 })
export const placeCounts = topic('place-counts', { key: windowed(utf8), value: utf8 })
export const windows = tumbling({ size: hours(1), grace: minutes(5) })

/** Names of places; the file is not read before a task is built. */
export const places = staticTable('places', {
  file: new URL('places.json', import.meta.url),
  row: json.object({ code: json.string(), name: json.string() }),
  key: ({ code }) => code,
})

export const sample = defineTopology('sample', ({ source }) => {
  const parsed = source('calls-in', calls)
    .parse('parse', { decode: callRow, timestamp: ({ at }) => at, malformed: deadLetter('bad') })
    .filter('known', ({ type }) => type !== '')
  parsed
    .groupBy('by-type', byType)
    .windowedBy(windows)
    .count('type-count', { emit: 'on-update' })
    .to('type-counts-out', typeCounts)
  parsed
    .groupBy('by-place', ({ place }) => place, utf8)
    .windowedBy(hopping({ size: hours(1), advance: minutes(10), grace: minutes(5) }))
    .count('place-count', { emit: 'on-window-close' })
    .leftJoin('named', places, {
      on: (_count, { key }) => key.key,
      merge: (count, place) => `${place?.name ?? 'unknown'}: ${count}`,
    })
    .to('place-counts-out', placeCounts)
})
