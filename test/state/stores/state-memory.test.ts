// Stores beyond their memory: tables against Maps with nearly all of them in a file, and what becomes of that file.
import { readdirSync, rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { ByteTable } from '../../../state/stores/byte-table.ts'
import { EntryOrder } from '../../../state/stores/entry-order.ts'
import { collectAll } from '../../../state/stores/order-reads.ts'
import { StateMemory } from '../../../state/stores/state-memory.ts'
import { EntryList } from '../../../state/entry-list.ts'
import { bytesOf, numbers } from './numbers.ts'

const PAGE_BYTES = 1_024
const KEYS = 3_000
const STEPS = 30_000

function textAt(table: ByteTable, entry: number, part: 'key' | 'value'): string {
  const { entries } = table
  const page = entries.pageOf(entry)
  const [start, end] =
    part === 'key'
      ? [entries.keyStart(entry), entries.keyEnd(entry)]
      : [entries.keyEnd(entry), entries.valueEnd(entry)]
  return Buffer.from(page.subarray(start, end)).toString()
}

function put(table: ByteTable, key: string, value: string): void {
  const [keyBytes, valueBytes] = [bytesOf(key), bytesOf(value)]
  table.set(keyBytes, 0, keyBytes.length, valueBytes, valueBytes.length, 0)
}

function get(table: ByteTable, key: string): string | undefined {
  const bytes = bytesOf(key)
  const entry = table.find(bytes, 0, bytes.length)
  return entry < 0 ? undefined : textAt(table, entry, 'value')
}

describe('memory that stores share', () => {
  let directory: string
  let memory: StateMemory

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-memory-'))
    memory = new StateMemory({ bytesMax: 0, path: join(directory, 'x'), pageBytesMax: PAGE_BYTES })
  })

  afterEach(() => {
    memory.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const tableIn = (from = memory): ByteTable => {
    const table = new ByteTable()
    table.lieIn(from)
    return table
  }

  it('holds what was put in last by all of its tables, while values grow, go and come again', () => {
    const tables = [tableIn(), tableIn(), tableIn()]
    const models = tables.map(() => new Map<string, string>())
    const below = numbers(11)
    for (let step = 1; step <= STEPS; step++) {
      const at = below(tables.length)
      const [table, model] = [tables[at]!, models[at]!]
      const key = `key-${below(KEYS)}`
      if (below(4) === 0) {
        const bytes = bytesOf(key)
        const entry = table.find(bytes, 0, bytes.length)
        if (entry >= 0) {
          if (below(2) === 0) table.remove(entry)
          else table.forget(entry)
        }
        model.delete(key)
      } else {
        // Some have no room in a page.
        const value = String(step).repeat(below(100) === 0 ? 2_000 : 1 + below(20))
        put(table, key, value)
        model.set(key, value)
      }
      if (step % 997 === 0) table.drainDirty(() => undefined)
      expect(memory.pageBytes).to.be.lessThan(8 * PAGE_BYTES + 16_000)
      if (step % 10_000 !== 0) continue
      tables.forEach((one, i) => {
        expect(one.rows).to.equal(models[i]!.size)
        for (let key = 0; key < KEYS; key++) {
          const held = get(one, `key-${key}`)
          if (held !== models[i]!.get(`key-${key}`)) expect.fail(`table ${i}, key-${key}: ${held}`)
        }
      })
    }
    for (const { entries } of tables) expect(entries.spill.pageReads).to.be.greaterThan(1_000)
  }).timeout(60_000)

  it('gives room that was given up to what comes later, in the file too', () => {
    const table = tableIn()
    const sizes: number[] = []
    for (let round = 0; round < 10; round++) {
      for (let key = 0; key < KEYS; key++) put(table, `key-${key}`, `${round}-${key}`)
      sizes.push(table.entries.spill.spilledBytes)
      for (let key = 0; key < KEYS; key++) {
        const bytes = bytesOf(`key-${key}`)
        table.forget(table.find(bytes, 0, bytes.length))
      }
      expect(table.entries.spill.spilledBytes).to.equal(0)
    }
    expect(Math.max(...sizes)).to.be.lessThan(1.5 * sizes[0]!)
    expect(memory.pageBytes).to.equal(0)
  })

  it('looks absent keys up without reading the file', () => {
    const table = tableIn()
    for (let key = 0; key < KEYS; key++) put(table, `key-${key}`, 'value')
    const { spill } = table.entries
    const before = spill.pageReads
    for (let key = 0; key < 10 * KEYS; key++)
      expect(get(table, `absent-${key}`)).to.equal(undefined)
    expect(spill.pageReads - before).to.be.lessThan(KEYS / 100)
  })

  it('puts an order together by reading each page once', () => {
    const table = tableIn()
    const below = numbers(5)
    for (let i = 0; i < KEYS; i++) put(table, `key-${below(1_000_000)}`, 'x'.repeat(below(60)))
    const order = new EntryOrder(table, { index: 0, byTime: false, suffixBytes: 0 })
    const { spill } = table.entries
    const pages = spill.spilledBytes / PAGE_BYTES
    const before = spill.pageReads
    order.settle()
    expect(spill.pageReads - before).to.be.lessThan(2 * pages)
    const list = new EntryList()
    collectAll(order, list)
    const keys = Array.from(list.entries.subarray(0, list.size), (entry) =>
      textAt(table, entry, 'key'),
    )
    expect(keys).to.have.length(table.rows)
    expect(keys).to.deep.equal([...keys].sort())
  })

  it('goes on within another bound from the moment at which it is set', () => {
    const roomy = new StateMemory({
      bytesMax: 2 ** 24,
      path: join(directory, 'x'),
      pageBytesMax: PAGE_BYTES,
    })
    const table = tableIn(roomy)
    for (let key = 0; key < KEYS; key++) put(table, `key-${key}`, 'x'.repeat(50))
    expect(table.entries.spill.spilledBytes).to.equal(0)
    roomy.bytesMax = 0
    expect(roomy.pageBytes).to.be.at.most(8 * PAGE_BYTES)
    expect(get(table, 'key-7')).to.equal('x'.repeat(50))
    roomy.close()
  })

  it('takes account of what has no pages', () => {
    const roomy = new StateMemory({
      bytesMax: 2 ** 20,
      path: join(directory, 'x'),
      pageBytesMax: PAGE_BYTES,
    })
    const endRest = roomy.addRest(() => 2 ** 20)
    const table = tableIn(roomy)
    for (let key = 0; key < KEYS; key++) put(table, `key-${key}`, 'x'.repeat(50))
    expect(table.entries.spill.spilledBytes).to.be.greaterThan(KEYS * 40)
    endRest()
    roomy.close()
  })

  it('leaves no file behind that has a name', () => {
    const table = tableIn()
    for (let key = 0; key < KEYS; key++) put(table, `key-${key}`, 'value')
    expect(table.entries.spill.pageWrites).to.be.greaterThan(0)
    expect(readdirSync(directory)).to.deep.equal([])
  })

  it('says what to do where the file cannot be written', () => {
    const lost = new StateMemory({
      bytesMax: 0,
      path: '/dev/null/x/y',
      pageBytesMax: PAGE_BYTES,
    })
    const table = tableIn(lost)
    const fill = (): void => {
      for (let key = 0; key < KEYS; key++) put(table, `key-${key}`, 'value')
    }
    expect(fill).to.throw('state beyond state.memory.max.bytes cannot be written in /dev/null/x')
  })
})
