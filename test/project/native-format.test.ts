// The C++ of the addon is as clang-format writes it.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const folder = join('broker', 'native')

describe('the sources of the addon', () => {
  it('are formatted by clang-format', function () {
    this.timeout(30_000)
    const found = spawnSync('clang-format', ['--version'])
    if (found.error !== undefined && process.env.MILLRACE_REQUIRE_ADDON === undefined) this.skip()
    const sources = readdirSync(folder).filter((name) => /\.(cc|h)$/.test(name))
    expect(sources.length).to.be.greaterThan(10)
    const paths = sources.map((name) => join(folder, name))
    execFileSync('clang-format', ['--dry-run', '-Werror', ...paths], { stdio: 'pipe' })
  })
})
