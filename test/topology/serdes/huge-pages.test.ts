// Tables of many entries lie in huge pages where the addon can ask for them, and small ones do not.
import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { loadAddon } from '../../../broker/native/addon.ts'
import { GrowingMemory } from '../../../topology/serdes/growing-memory.ts'
import { HashSlots } from '../../../topology/serdes/hash-slots.ts'
import { inHugePages, useHugePages } from '../../../topology/serdes/huge-pages.ts'

const MB = 1_048_576
const MAPS = '/proc/self/smaps'
const POLICY = '/sys/kernel/mm/transparent_hugepage/enabled'

describe('huge pages', () => {
  const asked: number[] = []
  before(() => useHugePages((bytes) => asked.push(bytes.length)))
  beforeEach(() => asked.splice(0))
  after(() => useHugePages(undefined))

  it('are asked for where an array is as long as one', () => {
    const long = new Float64Array(MB / 4)
    expect(inHugePages(long)).to.equal(long)
    inHugePages(new Uint8Array(2 * MB - 1))
    expect(asked).to.deep.equal([2 * MB])
  })

  it('hold slots of many entries, and memory each time that it grows', () => {
    const slots = new HashSlots()
    for (let i = 0; i < 150_000; i++) slots.put(i * 2_654_435_761, i)
    expect(asked).to.deep.equal([2 * MB, 4 * MB])
    asked.splice(0)
    const memory = new GrowingMemory(MB)
    memory.grow()
    memory.grow()
    memory.grow(5 * MB)
    expect(asked).to.deep.equal([2 * MB, 4 * MB, 8 * MB])
  })

  it('are what the system is told of', function () {
    const { addon } = loadAddon()
    if (addon === undefined || !existsSync(MAPS) || !existsSync(POLICY)) return this.skip()
    const advised = (): number =>
      readFileSync(MAPS, 'utf8').match(/^VmFlags:.* hg\b/gm)?.length ?? 0
    const before = advised()
    const bytes = new Uint8Array(64 * MB)
    addon.useHugePages(bytes)
    expect(advised()).to.be.greaterThan(before)
    bytes.fill(7)
    expect(bytes.indexOf(0)).to.equal(-1)
  })
})
