// A call as JSON text in the two forms of a file. By hand, because JSON.stringify is half of the time
// that generating takes; a test holds the compact form against it.
import type { PoliceCall } from './police-call.ts'

/** `lines`: one compact object a line. `array`: one array, indented by four spaces, as published. */
export type FileFormat = 'array' | 'lines'

/** What stands before, between and after the rows of a file. */
export const fileFrame = {
  array: { before: '[\n', between: ',\n', after: '\n]' },
  lines: { before: '', between: '\n', after: '\n' },
} as const satisfies Record<FileFormat, object>

/** The compact JSON of a call, without a line break. */
export function compactText(call: PoliceCall): string {
  return textOf(call, '', ',', ':', '')
}

/** The call as an element of the published array: 16 lines, without the comma. */
export function indentedText(call: PoliceCall): string {
  return `    ${textOf(call, '\n        ', ',\n        ', ': ', '\n    ')}`
}

function textOf(
  call: PoliceCall,
  open: string,
  comma: string,
  colon: string,
  close: string,
): string {
  return (
    `{${open}"crime_id"${colon}"${call.crime_id}"` +
    `${comma}"original_crime_type_name"${colon}${quoted(call.original_crime_type_name)}` +
    `${comma}"report_date"${colon}"${call.report_date}"` +
    `${comma}"call_date"${colon}"${call.call_date}"` +
    `${comma}"offense_date"${colon}"${call.offense_date}"` +
    `${comma}"call_time"${colon}"${call.call_time}"` +
    `${comma}"call_date_time"${colon}"${call.call_date_time}"` +
    `${comma}"disposition"${colon}${quoted(call.disposition)}` +
    `${comma}"address"${colon}${quoted(call.address)}` +
    `${comma}"city"${colon}${quoted(call.city)}` +
    `${comma}"state"${colon}"${call.state}"` +
    `${comma}"agency_id"${colon}"${call.agency_id}"` +
    `${comma}"address_type"${colon}${quoted(call.address_type)}` +
    `${comma}"common_location"${colon}${quoted(call.common_location)}${close}}`
  )
}

/** Names of the city's places hold nothing to escape but quotation marks. */
function quoted(text: string): string {
  return text.includes('"') ? JSON.stringify(text) : `"${text}"`
}
