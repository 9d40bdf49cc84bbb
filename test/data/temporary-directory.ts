// A directory for the files of one test suite, removed when the suite is done.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Call it inside a `describe`; the result gives the path of a file in the directory. */
export function temporaryDirectory(): (name: string) => string {
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-data-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))
  return (name) => join(directory, name)
}
