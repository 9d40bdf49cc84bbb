// The table of traps in docs/native-data-plane.md names tests that are there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../config/package-root.ts'

const NAMED = /`(test\/[\w./-]+)`: "([^"]+)"/g

describe('the table of traps of the native data plane', () => {
  const root = packageRoot()
  const text = readFileSync(join(root, 'docs', 'native-data-plane.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('|') && line.includes('`'))

  it('names a test for each, which exists', () => {
    expect(rows.length).to.be.greaterThan(12)
    const missing = rows.flatMap((row) => {
      const named = [...row.matchAll(NAMED)]
      if (named.length === 0) return [row]
      return named
        .filter(([, path = '', title = '']) => {
          const file = join(root, path)
          return !existsSync(file) || !readFileSync(file, 'utf8').includes(title)
        })
        .map(([whole]) => whole)
    })
    expect(missing).to.deep.equal([])
  })
})
