// The table under all stores against a Map, with so much garbage that its entries move again and again.
import { expect } from 'chai'
import { ByteTable } from '../../../state/stores/byte-table.ts'
import { bytesOf, numbers } from './numbers.ts'

const KEYS = 4_000
const STEPS = 120_000

function valueIn(table: ByteTable, key: Uint8Array): string | undefined {
  const entry = table.find(key, 0, key.length)
  if (entry < 0) return undefined
  const { entries } = table
  const page = entries.pageOf(entry)
  return Buffer.from(page.subarray(entries.keyEnd(entry), entries.valueEnd(entry))).toString()
}

function expectSame(table: ByteTable, model: ReadonlyMap<string, string>): void {
  expect(table.rows).to.equal(model.size)
  for (let i = 0; i < KEYS; i++) {
    const name = `key-${i}`
    const held = valueIn(table, bytesOf(name))
    if (held !== model.get(name)) expect(held, name).to.equal(model.get(name))
  }
}

describe('a table of byte strings', () => {
  it('holds what was put in last, while values grow, go and come again', () => {
    const table = new ByteTable()
    const model = new Map<string, string>()
    let removed = 0
    const below = numbers(7)
    for (let step = 1; step <= STEPS; step++) {
      const name = `key-${below(KEYS)}`
      const key = bytesOf(name)
      const held = table.find(key, 0, key.length)
      if (held >= 0 && below(3) === 0) {
        if (below(2) === 0) table.remove(held)
        else table.forget(held)
        model.delete(name)
        removed += 1
      } else {
        const value = String(step).repeat(1 + below(20))
        table.set(key, 0, key.length, bytesOf(value), value.length, step)
        model.set(name, value)
      }
      if (step % 997 === 0) table.drainDirty(() => undefined)
      if (step % 20_000 === 0) expectSame(table, model)
    }
    expect(table.removedRows).to.equal(removed)
  })

  it('takes at most a few times the bytes that it holds', () => {
    const table = new ByteTable()
    const below = numbers(3)
    let heldBytes = 0
    for (let step = 0; step < STEPS; step++) {
      const key = bytesOf(`key-${below(KEYS)}`)
      const value = bytesOf('x'.repeat(step % 200))
      const held = table.find(key, 0, key.length)
      if (held >= 0) table.forget(held)
      table.set(key, 0, key.length, value, value.length, 0)
    }
    table.forEach(
      (entry) => (heldBytes += table.entries.valueEnd(entry) - table.entries.keyStart(entry)),
    )
    expect(table.entries.sizeBytes).to.be.lessThan(5 * heldBytes)
    table.clear()
    expect(table.entries.sizeBytes).to.be.lessThan(heldBytes)
  })
})
