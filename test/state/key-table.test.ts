// The keys of a grouping: ids, values read once, and forgetting what no store holds.
import { expect } from 'chai'
import { KeyTable } from '../../state/key-table.ts'
import { fields } from '../../topology/serdes/fields.ts'
import { SerdeError } from '../../topology/errors.ts'
import { keyId, keyTable } from './counts.ts'

/** Forgets until nothing is under way. */
function forgetAll(keys: KeyTable): void {
  for (let size = -1; size !== keys.size;) {
    size = keys.size
    // A step may find nothing among the ids that it looks at.
    for (let step = 0; step * 16_384 < keys.end; step++) keys.forgetSome()
  }
}

const textOf = (keys: KeyTable, id: number): string => Buffer.from(keys.bytesOf(id)).toString()

/** A table that tells how many values it has read. */
function countingTable() {
  const byType = fields('type')
  const counts = { reads: 0 }
  const counting = {
    ...byType,
    deserialize(bytes: Uint8Array, start: number, end: number) {
      counts.reads += 1
      return byType.deserialize(bytes, start, end)
    },
  }
  return { keys: new KeyTable(counting as never), counts }
}

describe('the table of keys', () => {
  it('reads the value of each key once', () => {
    const { keys, counts } = countingTable()
    const ids = ['["a"]', '["b"]', '["a"]'].map((text) => keyId(keys, text))
    expect(ids).to.deep.equal([0, 1, 0])
    expect(counts.reads).to.equal(2)
    expect(keys.valueOf(1)).to.deep.equal({ type: 'b' })
    expect(Buffer.from(keys.bytesOf(1)).toString()).to.equal('["b"]')
  })

  it('takes over what was saved without reading it, and reads what is asked for', () => {
    const { keys, counts } = countingTable()
    keys.reserve(2)
    const saved = ['["a"]', '["b"]', '["a"]'].map((text) => Buffer.from(`\u0005\0\0\0${text}`))
    const bytes = Buffer.concat([Buffer.from('before'), ...saved])
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const ids = new Int32Array(3)
    expect(keys.restore(bytes, view, 6, ids, true)).to.equal(bytes.length)
    expect([[...ids], counts.reads]).to.deep.equal([[0, 1, 0], 0])
    expect(keys.valueOf(1)).to.deep.equal({ type: 'b' })
    expect([keyId(keys, '["b"]'), counts.reads]).to.deep.equal([1, 1])
  })

  it('refuses bytes that are no key, every time', () => {
    const keys = new KeyTable(fields('type') as never)
    for (let i = 0; i < 2; i++) expect(() => keyId(keys, 'x')).to.throw(SerdeError)
    expect(keys.valueOf(keyId(keys, '["a"]'))).to.deep.equal({ type: 'a' })
    expect(() => keyId(keys, 'x')).to.throw(SerdeError)
  })

  it('has the value of every key, and keeps 65,536 of them in memory', () => {
    const keys = keyTable()
    for (let i = 0; i < 200_000; i++) keyId(keys, String(i))
    for (const id of [0, 1_023, 65_536, 131_072, 199_999, 0]) {
      expect(keys.valueOf(id)).to.equal(String(id))
    }
  })

  it('forgets nothing before it holds 65,536 keys', () => {
    const keys = keyTable()
    for (let i = 0; i < 65_535; i++) keyId(keys, String(i))
    forgetAll(keys)
    expect([keys.size, keys.epoch]).to.deep.equal([65_535, 0])
  })

  it('keeps what any entry is of, under its id, and gives the ids of the rest to other keys', () => {
    const keys = keyTable()
    for (let i = 0; i < 65_536; i++) keyId(keys, String(i))
    const held = [7, 1_000, 65_535]
    for (const id of [...held, 7]) keys.hold(id)
    keys.letGo(7)
    forgetAll(keys)
    expect([keys.size, keys.end]).to.deep.equal([3, 65_536])
    expect(keys.epoch).to.be.greaterThan(0)
    expect(held.map((id) => [keys.valueOf(id), textOf(keys, id)])).to.deep.equal([
      ['7', '7'],
      ['1000', '1000'],
      ['65535', '65535'],
    ])
    expect(['7', '1000', '65535'].map((text) => keyId(keys, text))).to.deep.equal(held)
    const id = keyId(keys, 'new')
    expect([keys.valueOf(id), textOf(keys, id), keys.end]).to.deep.equal(['new', 'new', 65_536])
  })

  it('forgets a few keys at a time', () => {
    const keys = keyTable()
    for (let i = 0; i < 65_535; i++) keyId(keys, String(i))
    keys.forgetSome()
    keyId(keys, '65535')
    keys.forgetSome()
    expect([keys.size, keys.epoch]).to.deep.equal([65_536 - 16_384, 1])
  })

  it('forgets keys faster than new ones come, however many do between two looks', () => {
    const keys = keyTable()
    for (let i = 0; i < 2_000_000; i++) {
      keyId(keys, String(i))
      if (i % 100_000 === 99_999) keys.forgetSome()
    }
    expect(keys.end).to.be.lessThan(300_000)
  })

  it('forgets nothing while most of the keys are held', () => {
    const keys = keyTable()
    const ids = Array.from({ length: 65_536 }, (_, i) => keyId(keys, String(i)))
    for (const id of ids) keys.hold(id)
    for (let i = 0; i < 65_535; i++) keyId(keys, `more-${i}`)
    forgetAll(keys)
    expect([keys.epoch, keys.size]).to.deep.equal([0, 131_071])
    keyId(keys, 'last')
    forgetAll(keys)
    expect(keys.size).to.equal(65_536)
    expect(ids.findIndex((id) => keys.valueOf(id) !== String(id))).to.equal(-1)
  })

  it('keeps a key that comes again while others are forgotten', () => {
    const keys = keyTable()
    for (let i = 0; i < 65_535; i++) keyId(keys, String(i))
    keys.forgetSome()
    keyId(keys, '65535')
    keys.forgetSome()
    keys.hold(keyId(keys, '50000'))
    keys.hold(keyId(keys, '5'))
    forgetAll(keys)
    expect(keys.size).to.equal(2)
    expect(['5', '50000'].map((text) => keys.valueOf(keyId(keys, text)))).to.eql(['5', '50000'])
  })

  it('reads bytes that are no key again after it has forgotten them', () => {
    const keys = new KeyTable(fields('type') as never)
    expect(() => keyId(keys, 'x')).to.throw(SerdeError)
    for (let i = 0; i < 65_536; i++) keyId(keys, `["${i}"]`)
    forgetAll(keys)
    expect(keyId(keys, '["in its place"]')).to.be.lessThan(65_537)
    expect(() => keyId(keys, 'x')).to.throw(SerdeError)
  })
})
