// The scanner in C++ without JavaScript around it, under the sanitizers of the compiler: no byte is read
// or written where none is, no number overflows.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../../config/package-root.ts'

const ROWS = 100_000
const COMPILER = 'g++'

/** What the scanner is made of, the bindings to JavaScript left out. */
const SOURCES = /^(json-.*|dictionary|date-time|utf8)\.cc$/

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  expect(status, `${command}: ${stderr}`).to.equal(0)
  return stdout
}

describe('the scanner in C++', () => {
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-sanitized-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  // Without SSE2 the scanner looks at eight bytes at once, as it does on other processors.
  for (const [name, flags] of [
    ['', []],
    [' without SSE2', ['-U__SSE2__']],
  ] as const) {
    it(`reads ${ROWS} broken rows${name}, checked for bad addresses and undefined behaviour`, function () {
      this.timeout(120_000)
      if (spawnSync(COMPILER, ['--version']).status !== 0) this.skip()
      const root = packageRoot()
      const native = join(root, 'broker', 'native')
      const sources = readdirSync(native).filter((file) => SOURCES.test(file))
      const program = join(directory, 'scanner-fuzz')
      run(COMPILER, [
        ...['-std=c++17', '-O1', '-g', '-Wall', '-Wextra', '-Werror', ...flags],
        ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-o', program],
        join(root, 'test', 'broker', 'native', 'scanner-fuzz.cc'),
        ...sources.map((file) => join(native, file)),
      ])
      const counts = /^(\d+) read, (\d+) left, 0 different/.exec(run(program, [String(ROWS)]))
      expect(Number(counts?.[1])).to.be.greaterThan(ROWS / 10)
      expect(Number(counts?.[2])).to.be.greaterThan(ROWS / 10)
    })
  }
})
