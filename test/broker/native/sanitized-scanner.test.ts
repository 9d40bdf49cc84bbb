// The scanner in C++ without JavaScript around it, under the sanitizers of the compiler: no byte is read
// or written where none is, no number overflows.
import { expect } from 'chai'
import { addonSources, SanitizedBuild, skipUnlessAvailable } from './sanitizers.ts'

const ROWS = 100_000

/** What the scanner is made of, the bindings to JavaScript left out. */
const SOURCES = /^(json-.*|dictionary|date-time|utf8)\.cc$/

describe('the scanner in C++', function () {
  this.timeout(120_000)
  let build: SanitizedBuild
  before(function () {
    build = new SanitizedBuild('address,undefined')
    skipUnlessAvailable(this, build)
  })
  after(() => build.remove())

  // Without SSE2 the scanner looks at eight bytes at once, as it does on other processors.
  for (const [name, flags] of [
    ['', []],
    [' without SSE2', ['-U__SSE2__']],
  ] as const) {
    it(`reads ${ROWS} broken rows${name}, checked for bad addresses and undefined behaviour`, () => {
      build.build('scanner-fuzz', ['scanner-fuzz.cc'], addonSources(SOURCES), [...flags])
      const { status, stdout, stderr } = build.run('scanner-fuzz', String(ROWS))
      expect(status, stderr).to.equal(0)
      const counts = /^(\d+) read, (\d+) left, 0 different/.exec(stdout)
      expect(Number(counts?.[1])).to.be.greaterThan(ROWS / 10)
      expect(Number(counts?.[2])).to.be.greaterThan(ROWS / 10)
    })
  }
})
