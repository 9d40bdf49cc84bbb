// What the job reads of a call: its type, how it ended, and when it came in.
import { json } from 'millrace'

/** A call for service of the San Francisco police. The clock on the wall has no zone: it is the city's. */
export const serviceCall = json.object({
  original_crime_type_name: json.string().interned(),
  disposition: json.string().interned(),
  call_date_time: json.dateTime({ zone: 'America/Los_Angeles' }),
})

/** What calls are counted by: what they were for and how they ended. */
export interface Outcome {
  readonly original_crime_type_name: string
  readonly disposition: string
}
