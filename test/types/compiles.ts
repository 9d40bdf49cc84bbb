// Programs that must compile, and types that follow from what is written. Nothing here runs.
import {
  bytes,
  deadLetter,
  defineTopology,
  fields,
  float64,
  hopping,
  hours,
  int32,
  json,
  minutes,
  staticTable,
  topic,
  tumbling,
  utf8,
  windowed,
  type Windowed,
} from '../../index.ts'

export const call = json.object({
  id: json.string(),
  type: json.string().interned(),
  place: json.string().nullable(),
  note: json.string().optional(),
  at: json.dateTime({ zone: 'UTC' }),
  extra: json.raw(),
})
export const calls = topic('calls', { key: utf8, value: bytes })
export const byType = fields('type')
export const counts = topic('counts', { key: windowed(byType), value: float64 })
export const names = staticTable('names', {
  file: new URL('file:///names.json'),
  row: json.object({ code: json.string(), name: json.string() }),
  key: ({ code }) => code,
})
export const windows = tumbling({ size: hours(1), grace: minutes(5) })

/** Compiles only where both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never
const typed =
  <E>() =>
  <A>(_value: A, _is: Same<A, E>): void =>
    undefined

export type Call = ReturnType<typeof call.deserialize>
export const readsAsDeclared = (value: Call): void => {
  typed<string>()(value.id, true)
  typed<string | null>()(value.place, true)
  typed<string | undefined>()(value.note, true)
  typed<number>()(value.at, true)
  typed<unknown>()(value.extra, true)
}

export default defineTopology('job', ({ source, table }) => {
  const parsed = source('in', calls).parse('parse', {
    decode: call,
    timestamp: ({ at }) => at,
    malformed: deadLetter('bad'),
  })
  parsed
    .filter('noted', ({ note }, { key }) => note !== undefined && key.length > 0)
    .groupBy('by-type', byType)
    .windowedBy(hopping({ size: hours(1), advance: minutes(10), grace: minutes(0) }))
    .count('count', { emit: 'on-update-coalesced' })
    .toStream('counted')
    .peek('look', (count, { key }) => {
      typed<number>()(count, true)
      typed<Windowed<Readonly<{ type: string }>>>()(key, true)
    })
    .to('out', counts)
  parsed
    .groupBy('by-place', ({ place }) => place, utf8)
    .windowedBy(windows)
    .count('by-place-count', { emit: 'on-window-close' })
    .leftJoin('named', names, {
      on: (_count, { key }) => key.key,
      merge: (count, row) => `${row?.name ?? 'unknown'}: ${count}`,
    })
    .mapValues('shout', (text) => text.toUpperCase())
    .to('places', topic('places', { key: windowed(utf8), value: utf8 }))
  const texts = table('texts', topic('texts', { key: utf8, value: utf8 }))
  const numbers = table('numbers', topic('numbers', { key: float64, value: int32 }))
  texts
    .join('by-length', numbers, {
      on: (text, { key }) => (key === '' ? null : text.length),
      merge: (text, number, { key }) => {
        typed<string>()(text, true)
        typed<number>()(number, true)
        typed<string>()(key, true)
        return [number]
      },
    })
    .mapValues('first', (list) => typed<number[]>()(list, true))
  texts
    .leftJoin('by-length-too', numbers, {
      on: ({ length }) => length,
      merge: (_text, number) => {
        typed<number | undefined>()(number, true)
        return 1
      },
      store: float64,
    })
    .to('lengths', topic('lengths', { key: utf8, value: float64 }))
})
