// The job that stream processors are compared on: calls per type and outcome in windows of one hour,
// joined with the radio codes. Topics and the table come from the environment that the harness sets.
import { pathToFileURL } from 'node:url'
import {
  bytes,
  days,
  defineTopology,
  fields,
  hours,
  json,
  staticTable,
  topic,
  tumbling,
  utf8,
  windowed,
} from 'millrace'

function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set; bench/peer/run is for the harness`)
  return value
}

const call = json.object({
  original_crime_type_name: json.string().interned(),
  disposition: json.string().interned(),
  call_date_time: json.dateTime({ zone: 'UTC' }),
})

const count = json.object({
  window_start: json.integer(),
  type: json.string(),
  disposition: json.string(),
  description: json.string().nullable(),
  count: json.integer(),
})

const radioCodes = staticTable('radio-codes', {
  file: pathToFileURL(setting('RADIO_CODE')),
  row: json.object({ disposition_code: json.string(), description: json.string() }),
  key: (code) => code.disposition_code,
})

const byOutcome = fields('original_crime_type_name', 'disposition')
const input = topic(setting('INPUT'), { key: utf8, value: bytes })
const output = topic(setting('OUTPUT'), { key: windowed(byOutcome), value: count })

export default defineTopology('peer', ({ source }) => {
  source('calls', input)
    .parse('parse', {
      decode: call,
      timestamp: (row) => row.call_date_time,
      malformed: 'fail',
    })
    .groupBy('by-outcome', byOutcome)
    .windowedBy(tumbling({ size: hours(1), grace: days(3_650) }))
    .count('counts', { emit: 'on-update-coalesced' })
    .leftJoin('described', radioCodes, {
      on: (_calls, { key }) => String(key.key.disposition),
      merge: (calls, code, { key: { key, window } }) => ({
        window_start: window.startMs,
        type: key.original_crime_type_name,
        disposition: key.disposition,
        description: code?.description ?? null,
        count: calls,
      }),
    })
    .to('counts-out', output)
})
