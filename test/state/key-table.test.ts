// The keys of a grouping: ids, values read once, and forgetting what no store holds.
import { expect } from 'chai'
import { KeyTable } from '../../state/key-table.ts'
import { fields } from '../../topology/serdes/fields.ts'
import { SerdeError } from '../../topology/errors.ts'
import { keyId, keyTable } from './counts.ts'

/** A store that holds some ids. */
function holderOf(keys: KeyTable, ids: number[]) {
  const holder = {
    ids,
    markKeys: (used: Uint8Array) => holder.ids.forEach((id) => (used[id] = 1)),
    replaceKeys: (idOf: Int32Array) => (holder.ids = holder.ids.map((id) => idOf[id]!)),
  }
  keys.register(holder)
  return holder
}

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
    const ids = ['["a"]', '["b"]', '["a"]'].map((text) => {
      const bytes = Buffer.from(text)
      return keys.restore(bytes, 0, bytes.length)
    })
    expect([ids, counts.reads]).to.deep.equal([[0, 1, 0], 0])
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
    keys.compactIfDue()
    expect([keys.size, keys.epoch]).to.deep.equal([65_535, 0])
  })

  it('keeps what any store holds, under new ids', () => {
    const keys = keyTable()
    for (let i = 0; i < 65_536; i++) keyId(keys, String(i))
    const one = holderOf(keys, [7, 65_535])
    const other = holderOf(keys, [7, 1_000])
    keys.compactIfDue()
    expect(keys.size).to.equal(3)
    expect(keys.epoch).to.equal(1)
    const textsOf = (ids: number[]): unknown[] => ids.map((id) => keys.valueOf(id))
    expect(textsOf(one.ids)).to.deep.equal(['7', '65535'])
    expect(textsOf(other.ids)).to.deep.equal(['7', '1000'])
    expect(one.ids.map((id) => Buffer.from(keys.bytesOf(id)).toString())).to.eql(['7', '65535'])
    expect(keyId(keys, '1000')).to.equal(other.ids[1])
    expect(keyId(keys, 'new')).to.equal(3)
  })

  it('moves nothing while most of the keys are held', () => {
    const keys = keyTable()
    const ids = Array.from({ length: 65_536 }, (_, i) => keyId(keys, String(i)))
    holderOf(keys, ids)
    keys.compactIfDue()
    expect(keys.epoch).to.equal(0)
    for (let i = 0; i < 65_535; i++) keyId(keys, `more-${i}`)
    keys.compactIfDue()
    expect([keys.epoch, keys.size]).to.deep.equal([0, 131_071])
    keyId(keys, 'last')
    keys.compactIfDue()
    expect([keys.epoch, keys.size]).to.deep.equal([1, 65_536])
  })
})
