// What threads share in the addon, under the sanitizers of the compiler: no race, no address that is not
// there, nothing left behind. librdkafka and Node are fakes, so that every thread is known.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../../config/package-root.ts'
import {
  addonSources,
  SanitizedBuild,
  skipUnlessAvailable,
  vendorDirectory,
  type Sanitizer,
} from './sanitizers.ts'

const PROGRAM = 'shared-parts'
/** All of the addon but what binds it to JavaScript. */
const ADDON = /^(?!addon|napi-values|broker-request|.*-binding).*\.cc$/
const SCENARIOS = [
  ['clients', 'clients that come and go while other threads use them'],
  ['writers', 'workers that produce while rows are acknowledged and commits begin new epochs'],
  ['failures', 'a failure that a commit must see once the last row is counted out'],
  ['readers', 'workers that wait for rows which come in other threads'],
  ['endings', 'clients that end while workers read and write'],
  ['wakers', 'wakers that are closed, or whose thread ends, while others signal'],
  ['scanners', 'scanners, one a thread, over the same rows'],
] as const

for (const sanitizer of ['thread', 'address,undefined'] satisfies Sanitizer[]) {
  describe(`what threads share in the addon, checked by -fsanitize=${sanitizer}`, function () {
    this.timeout(240_000)
    let build: SanitizedBuild

    before(function () {
      build = new SanitizedBuild(sanitizer)
      skipUnlessAvailable(this, build)
      const fakes = join(packageRoot(), 'test', 'broker', 'native', 'fakes')
      const include = [`-I${vendorDirectory()}`, `-I${fakes}`, '-Wno-ignored-qualifiers']
      const library = ['fakes/librdkafka-clients.cc', 'fakes/librdkafka-partitions.cc']
      const linked = build.library('fake-rdkafka', library, include)
      const own = readdirSync(join(fakes, '..')).filter((file) => /^shared-.*\.cc$/.test(file))
      build.build(PROGRAM, [...own, 'fakes/node-api.cc'], addonSources(ADDON), [
        ...include,
        '-pthread',
        ...linked,
      ])
    })
    after(() => build.remove())

    for (const [scenario, what] of SCENARIOS) {
      it(`finds nothing wrong with ${what}`, () => {
        const { status, stdout, stderr } = build.run(PROGRAM, scenario)
        expect(status, stderr).to.equal(0)
        expect(stdout).to.equal('done\n')
        expect(stderr).to.equal('')
      })
    }

    if (sanitizer === 'thread') {
      it('sees a race where there is one', () => {
        const { status, stderr } = build.run(PROGRAM, 'race')
        expect(stderr).to.include('data race')
        expect(status).not.to.equal(0)
      })
    }
  })
}
