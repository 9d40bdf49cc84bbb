// Rows that are broken on purpose, for trying out what a job does with them. They come in addition to
// the good rows and say so: their address starts with "Synthetic". The file writer calls it.
import { fileForms } from './file-format.ts'
import type { FileFormat } from './file-format.ts'
import type { PoliceCall } from './police-call.ts'

/** The ways in which a row can be broken. The first two are no JSON, the others no proper call. */
export const faultKinds = [
  'bad-utf8',
  'truncated',
  'null-value',
  'missing-field',
  'unknown-code',
  'future-time',
] as const

/** One of `faultKinds`. */
export type FaultKind = (typeof faultKinds)[number]

const FUTURE = '2099-01-01'

/**
 * The text of a broken row, each character one byte; `call` lends what is not broken. `serial` makes its
 * `crime_id`, 99 and seven digits, which no generated call has.
 */
export function faultText(
  kind: FaultKind,
  call: PoliceCall,
  serial: number,
  format: FileFormat,
): string {
  const synthetic: PoliceCall = {
    ...call,
    crime_id: `99${String(serial % 10_000_000).padStart(7, '0')}`,
    address: `Synthetic ${kind}`,
  }
  const text = fileForms[format].textOf
  switch (kind) {
    case 'bad-utf8':
      return text({ ...synthetic, common_location: '@' }).replace('"@"', '"\xff\xc0\xaf"')
    case 'truncated': {
      const whole = text(synthetic)
      return whole.slice(0, whole.indexOf('"address_type"') + 20)
    }
    case 'null-value':
      return text({ ...synthetic, call_date_time: null })
    case 'missing-field': {
      const { original_crime_type_name: _missing, ...rest } = synthetic
      return text(rest)
    }
    case 'unknown-code':
      return text({ ...synthetic, disposition: 'ZZZ' })
    case 'future-time':
      return text({
        ...synthetic,
        report_date: `${FUTURE}T00:00:00.000`,
        call_date: `${FUTURE}T00:00:00.000`,
        offense_date: `${FUTURE}T00:00:00.000`,
        call_date_time: `${FUTURE}T${call.call_time}:00.000`,
      })
  }
}
