// Memory that grows: whatever its length, what was in it stays, and what is new is empty.
import { expect } from 'chai'
import { TableFullError } from '../../../topology/errors.ts'
import { GrowingMemory } from '../../../topology/serdes/growing-memory.ts'

describe('memory that grows', () => {
  it('keeps its bytes when it is copied, and when it grows where it lies', () => {
    const memory = new GrowingMemory(4_096)
    let filled = 0
    while (memory.buffer.byteLength < 16_777_216) {
      const bytes = new Uint8Array(memory.buffer)
      for (; filled < bytes.length; filled++) bytes[filled] = filled % 251
      memory.grow()
      const grown = new Uint8Array(memory.buffer)
      expect(grown.length).to.equal(filled * 2)
      expect(grown.findIndex((byte, i) => byte !== (i < filled ? i % 251 : 0))).to.equal(-1)
    }
  })

  it('grows to what is wanted, and no view of before can be mistaken for it', () => {
    const memory = new GrowingMemory(2_097_152)
    memory.grow()
    const before = new Uint8Array(memory.buffer)
    memory.grow(10_000_000)
    expect(memory.buffer.byteLength).to.be.within(10_000_000, 10_065_535)
    expect(before.length).to.equal(0)
  })

  it('says what can be done where it cannot grow any more', () => {
    const memory = new GrowingMemory(2_097_152)
    expect(() => memory.grow(5 * 1_024 ** 3)).to.throw(TableFullError, /5120 MB: .*retention/)
    expect(memory.buffer.byteLength).to.equal(2_097_152)
  })
})
