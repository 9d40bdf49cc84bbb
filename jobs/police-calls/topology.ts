// Calls of the San Francisco police: how many of each type, and how they ended, per window of time.
import {
  deadLetter,
  defineTopology,
  hopping,
  hours,
  minutes,
  tumbling,
  type JoinSpec,
  type Windowed,
} from 'millrace'
import type { CallsOfOutcome } from './outcome-message.ts'
import { radioCodes, type RadioCode } from './radio-codes.ts'
import { serviceCall, type Outcome } from './service-call.ts'
import {
  byOutcome,
  byType,
  callsByOutcome,
  callsByOutcomeSliding,
  callsByType,
  deadLetters,
  serviceCalls,
} from './topics.ts'

const grace = hours(4)
const emit = 'on-update-coalesced'

/** Joins what a disposition means; codes that the table lacks are kept and counted. */
const described: JoinSpec<
  Windowed<Outcome>,
  number,
  string,
  RadioCode | undefined,
  CallsOfOutcome
> = {
  on: (_count, { key }) => key.key.disposition,
  merge: (count, code, { key: { key, window } }) => ({
    window_start: window.startMs,
    window_end: window.endMs,
    type: key.original_crime_type_name,
    disposition: key.disposition,
    description: code?.description ?? null,
    calls: count,
  }),
}

export { panels } from './panels.ts'

export default defineTopology('police-calls', ({ source }) => {
  const calls = source('service-calls', serviceCalls).parse('parse-call', {
    decode: serviceCall,
    timestamp: (call) => call.call_date_time,
    malformed: deadLetter(deadLetters),
  })

  calls
    .groupBy('by-type', byType)
    .windowedBy(tumbling({ size: minutes(10), grace }))
    .count('calls-by-type', { emit })
    .mapValues('type-counted', (count, { key: { key, window } }) => ({
      window_start: window.startMs,
      window_end: window.endMs,
      type: key.original_crime_type_name,
      calls: count,
    }))
    .to('calls-by-type-out', callsByType)

  const outcomes = calls.groupBy('by-outcome', byOutcome)

  outcomes
    .windowedBy(tumbling({ size: hours(1), grace }))
    .count('calls-by-outcome', { emit })
    .leftJoin('outcome-described', radioCodes, described)
    .to('calls-by-outcome-out', callsByOutcome)

  outcomes
    .windowedBy(hopping({ size: minutes(30), advance: minutes(5), grace }))
    .count('calls-by-outcome-sliding', { emit })
    .leftJoin('sliding-described', radioCodes, described)
    .to('calls-by-outcome-sliding-out', callsByOutcomeSliding)
})
