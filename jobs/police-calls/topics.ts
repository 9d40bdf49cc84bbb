// The topics of the job. Times on the wire are epoch milliseconds.
import { bytes, fields, json, protobuf, topic, utf8, windowed } from 'millrace'
import { outcomeMessage } from './outcome-message.ts'

export const byType = fields('original_crime_type_name')
export const byOutcome = fields('original_crime_type_name', 'disposition')

const callsOfType = json.object({
  window_start: json.integer(),
  window_end: json.integer(),
  type: json.string(),
  calls: json.integer(),
})

const callsOfOutcome = json.object({
  window_start: json.integer(),
  window_end: json.integer(),
  type: json.string(),
  disposition: json.string(),
  description: json.string().nullable(),
  calls: json.integer(),
})

export const serviceCalls = topic('police.calls', { key: utf8, value: bytes })

export const callsByType = topic('police.calls-by-type', {
  key: windowed(byType),
  value: callsOfType,
})

export const callsByOutcome = topic('police.calls-by-outcome', {
  key: windowed(byOutcome),
  value: { formats: { json: callsOfOutcome, protobuf: protobuf(outcomeMessage) } },
})

export const callsByOutcomeSliding = topic('police.calls-by-outcome-sliding', {
  key: windowed(byOutcome),
  value: callsOfOutcome,
})

export const deadLetters = 'police.calls.dead-letter'
