// The page about testing shows a test that is run with all others: this compares the two.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../config/package-root.ts'

const TEST = 'test/jobs/police-calls/police-calls.test.ts'
const read = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8')

/** Without line breaks, and the commas before them: lines are shorter on the page. */
const joined = (code: string): string => code.replace(/,(\s*[}\])])/g, '$1').replace(/\s+/g, ' ')

describe('the page about testing', () => {
  it('shows the test of the police job as it is run', () => {
    const shown = /^```ts\n([^]*?)^```$/m.exec(read('docs/testing.md'))?.[1]
    // A user's test lies beside the job, and needs no word about this page.
    const run = read(TEST)
      .replace(/^\/\/.*\n/, '')
      .replaceAll('../../../jobs/police-calls/', './')
    expect(joined(shown ?? '')).to.equal(joined(run))
  })
})
