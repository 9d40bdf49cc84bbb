// The radio codes: what a disposition means. Two codes mean "Cancel", so rows are told by their code.
import { json, staticTable } from 'millrace'

/** A disposition code and what it means. */
export interface RadioCode {
  readonly disposition_code: string
  readonly description: string
}

const packageRoot = new URL('.', import.meta.resolve('millrace/package.json'))

export const radioCodes = staticTable<string, RadioCode>('radio-codes', {
  file: new URL('data/radio_code.json', packageRoot),
  row: json.object({ disposition_code: json.string(), description: json.string() }),
  key: (code) => code.disposition_code,
})
