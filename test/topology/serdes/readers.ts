// Runs suites over both row readers, the one in TypeScript and the one in C++ where it was built.
import { ADDON_OFF, loadAddon } from '../../../broker/native/addon.ts'
import { nativeRowReader } from '../../../broker/native/row-reader.ts'
import { JsonRowReader } from '../../../topology/serdes/json-row-reader.ts'
import type { RowReaderFactory } from '../../../topology/serdes/row-reader.ts'

/** Set where the addon must be there: suites fail without it. */
const REQUIRED = 'MILLRACE_REQUIRE_ADDON'

const inTypeScript: RowReaderFactory = (fields) => new JsonRowReader(fields)

/** The readers that are there, by name. */
export function rowReaders(): Readonly<Record<string, RowReaderFactory>> {
  const native = nativeRowReader()
  return { 'in TypeScript': inTypeScript, ...(native === undefined ? {} : { 'in C++': native }) }
}

/** Declares a suite for each reader. */
export function describeReaders(title: string, suite: (readerOf: RowReaderFactory) => void): void {
  for (const [name, readerOf] of Object.entries(rowReaders())) {
    describe(`${title}, ${name}`, () => suite(readerOf))
  }
  const loaded = loadAddon()
  if (loaded.addon !== undefined) return
  describe(`${title}, in C++`, () => {
    if (process.env[REQUIRED] && !process.env[ADDON_OFF]) {
      it('is there', () => {
        throw new Error(`the addon is not there: ${loaded.reason}`)
      })
    } else {
      it(`is left out: ${loaded.reason}`)
    }
  })
}
