// The C++ of the addon is as clang-format writes it.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const own = join('broker', 'native')
const tests = join('test', 'broker', 'native')
const folders = [own, tests, join(tests, 'fakes')]

describe('the sources of the addon and of its tests', () => {
  it('are formatted by clang-format', function () {
    this.timeout(30_000)
    const found = spawnSync('clang-format', ['--version'])
    if (found.error !== undefined && process.env.MILLRACE_REQUIRE_ADDON === undefined) this.skip()
    const paths = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /\.(cc|h)$/.test(name))
        .map((name) => join(folder, name)),
    )
    expect(paths.length).to.be.greaterThan(20)
    const style = `--style=file:${join(own, '.clang-format')}`
    execFileSync('clang-format', [style, '--dry-run', '-Werror', ...paths], { stdio: 'pipe' })
  })
})
