// The slots of hash tables: every entry is found again, however the table grows, and growing is never a long stop.
import { expect } from 'chai'
import { HashSlots } from '../../../topology/serdes/hash-slots.ts'

/** Whether an entry is in the slots. */
function has({ slots, old }: HashSlots, hash: number, wanted: number): boolean {
  return [slots, old ?? new Int32Array(2)].some((table) => {
    const mask = table.length - 2
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const entry = table[at + 1]! - 1
      if (entry < 0) return false
      if (entry === wanted && table[at] === hash) return true
    }
  })
}

describe('the slots of a hash table', () => {
  const mixed = (i: number): number => Math.imul(i, 0x9e3779b1) | 0

  it('give back every entry while they grow, and look at few of them at a time', () => {
    let looked = 0
    const slots = new HashSlots((entry, hash) => {
      looked += 1
      return hash === mixed(entry)
    })
    let most = 0
    for (let i = 0; i < 100_000; i++) {
      looked = 0
      slots.put(mixed(i), i)
      // Something may have died: it asks of each that it moves.
      slots.died(0)
      most = Math.max(most, looked)
      if (i % 7 === 0 && !has(slots, mixed(i >> 1), i >> 1)) throw new Error(`${i >> 1} is lost`)
    }
    for (let i = 0; i < 100_000; i++) if (!has(slots, mixed(i), i)) throw new Error(`${i} is lost`)
    expect(has(slots, mixed(100_000), 100_000)).to.equal(false)
    expect(most).to.be.within(1, 16)
    expect(slots.sizeBytes).to.be.within(100_000 * 16, 100_000 * 48)
  })

  it('do not move where room was made for all before', () => {
    const slots = new HashSlots()
    slots.reserve(10_000)
    const room = slots.slots
    for (let i = 0; i < 10_000; i++) slots.put(mixed(i), i)
    for (let i = 0; i < 10_000; i++) if (!has(slots, mixed(i), i)) throw new Error(`${i} is lost`)
    expect(slots.slots, 'the same table').to.equal(room)
    slots.reserve(100_000)
    expect(has(slots, mixed(9_999), 9_999), 'more room when they are in use').to.equal(true)
  })

  it('lie in one table when all has been moved at once', () => {
    const slots = new HashSlots()
    let settled = 0
    for (let i = 0; i < 10_000; i++) {
      slots.put(mixed(i), i)
      if (slots.old === undefined || i % 3 > 0) continue
      slots.settle()
      expect(slots.old).to.equal(undefined)
      settled += 1
    }
    expect(settled).to.be.greaterThan(3)
    for (let i = 0; i < 10_000; i++) if (!has(slots, mixed(i), i)) throw new Error(`${i} is lost`)
  })

  it('hold entries whose hashes are all the same', () => {
    const slots = new HashSlots()
    for (let i = 0; i < 2_000; i++) slots.put(5, i)
    for (let i = 0; i < 2_000; i += 97) expect(has(slots, 5, i), String(i)).to.equal(true)
  })

  it('take no more room where entries die and serve again, and find each by what it is now', () => {
    const LIVE = 1_000
    const keys = new Int32Array(LIVE).fill(-1)
    const slots = new HashSlots((entry, hash) => mixed(keys[entry]!) === hash)
    for (let i = 0; i < 200_000; i++) {
      const entry = i % LIVE
      if (keys[entry] !== -1) slots.died(1)
      keys[entry] = i
      slots.put(mixed(i), entry)
      const other = (i * 7) % LIVE
      if (keys[other] !== -1 && !has(slots, mixed(keys[other]!), other)) {
        throw new Error(`${other} is lost after ${i}`)
      }
    }
    expect(slots.slots.length).to.be.at.most(16_384)
  })

  it('leave out what died before it was moved, and forget all when they are told to', () => {
    const isDead = (entry: number): boolean => entry % 2 === 1
    const slots = new HashSlots((entry) => !isDead(entry))
    for (let i = 0; i < 100_000; i++) {
      slots.put(mixed(i), i)
      if (isDead(i)) slots.died(1)
    }
    for (let i = 0; i < 100_000; i += 2) {
      if (!has(slots, mixed(i), i)) throw new Error(`${i} is lost`)
    }
    expect(has(slots, mixed(1), 1)).to.equal(false)
    const room = slots.slots.length
    slots.clear(true)
    expect([has(slots, mixed(2), 2), slots.slots.length]).to.deep.equal([false, room])
    slots.clear()
    expect(slots.slots.length).to.equal(128)
  })
})
