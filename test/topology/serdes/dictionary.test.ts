// The dictionary: dense ids for byte strings, through growth, collisions and forgetting.
import { expect } from 'chai'
import fc from 'fast-check'
import { Dictionary, TOGETHER_MAX } from '../../../topology/serdes/dictionary.ts'
import { encoded } from './bytes.ts'

const idOf = (dictionary: Dictionary, text: string): number => {
  const bytes = encoded(`<${text}>`)
  return dictionary.idOf(bytes, 1, bytes.length - 1)
}

describe('the dictionary', () => {
  it('gives equal bytes equal ids, counted from 0', () => {
    const dictionary = new Dictionary()
    const ids = ['a', 'b', 'a', '', 'ab', '', 'b'].map((text) => idOf(dictionary, text))
    expect(ids).to.deep.equal([0, 1, 0, 2, 3, 2, 1])
    expect(dictionary.size).to.equal(4)
    expect(Buffer.from(dictionary.bytesOf(3)).toString()).to.equal('ab')
  })

  it('keeps its own copy of the bytes', () => {
    const dictionary = new Dictionary()
    const bytes = encoded('abc')
    dictionary.idOf(bytes, 0, 3)
    bytes.fill(0)
    expect(Buffer.from(dictionary.bytesOf(0)).toString()).to.equal('abc')
    expect(idOf(dictionary, 'abc')).to.equal(0)
  })

  it('tells a hundred thousand strings apart, however alike', () => {
    const dictionary = new Dictionary()
    const texts = Array.from({ length: 100_000 }, (_, i) => `key-${i}`)
    for (const _round of ['new', 'known']) {
      expect(texts.findIndex((text, i) => idOf(dictionary, text) !== i)).to.equal(-1)
    }
  })

  it('begins at 0 again after it has forgotten everything', () => {
    const dictionary = new Dictionary()
    for (let i = 0; i < 5_000; i++) idOf(dictionary, String(i))
    dictionary.clear()
    expect(dictionary.size).to.equal(0)
    expect(idOf(dictionary, '4999')).to.equal(0)
  })

  it('gives removed ids, and their room, to strings that come later', () => {
    const dictionary = new Dictionary()
    const texts = Array.from({ length: 50_000 }, (_, i) => `key-${i}`)
    for (const text of texts) idOf(dictionary, text)
    for (let id = 0; id < 50_000; id++) if (id % 10 !== 0) dictionary.remove(id)
    expect([dictionary.size, dictionary.end, dictionary.has(1)]).to.deep.equal([
      5_000,
      50_000,
      false,
    ])
    // Some come back, some are new.
    const later = texts.map((text, i) => (i % 10 === 0 ? text : i % 2 === 0 ? `new-${i}` : text))
    const ids = later.map((text) => idOf(dictionary, text))
    expect([dictionary.size, dictionary.end]).to.deep.equal([50_000, 50_000])
    expect(new Set(ids).size).to.equal(50_000)
    const textOf = (id: number): string => Buffer.from(dictionary.bytesOf(id)).toString()
    expect(ids.findIndex((id, i) => textOf(id) !== later[i])).to.equal(-1)
    expect(later.findIndex((text, i) => idOf(dictionary, text) !== ids[i])).to.equal(-1)
  })

  it('gives many strings of one buffer the ids that each gets by itself', () => {
    const text = fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: 'binary', maxLength: 80 }))
    const texts = fc.array(text, { maxLength: TOGETHER_MAX })
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 6 }), (batches) => {
        const [one, other] = [new Dictionary(), new Dictionary()]
        for (const batch of batches) {
          const bytes = Buffer.from(`x${batch.join('')}`)
          const starts = new Int32Array(batch.length)
          const ends = new Int32Array(batch.length)
          let end = 1
          batch.forEach((each, i) => {
            starts[i] = end
            ends[i] = end += Buffer.byteLength(each)
          })
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
          const ids = new Int32Array(batch.length + 1)
          one.idsIn(bytes, view, { starts, ends, count: batch.length }, ids, 1)
          const expected = batch.map((_, i) => other.idOf(bytes, starts[i]!, ends[i]!))
          expect([...ids.subarray(1)]).to.deep.equal(expected)
          const isSame = (id: number): boolean =>
            Buffer.compare(one.bytesOf(id), other.bytesOf(id)) === 0
          expect(expected.every(isSame)).to.equal(true)
        }
        expect(one.size).to.equal(other.size)
      }),
      { numRuns: 8 },
    )
  })

  it('holds what a map holds after any strings came and went', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 20 })
    fc.assert(
      fc.property(fc.array(fc.record({ text: texts, isRemoved: fc.boolean() })), (steps) => {
        const dictionary = new Dictionary()
        const ids = new Map<string, number>()
        for (const { text, isRemoved } of steps) {
          const id = idOf(dictionary, text)
          if (ids.has(text)) expect(id).to.equal(ids.get(text))
          ids.set(text, id)
          if (!isRemoved) continue
          dictionary.remove(id)
          ids.delete(text)
        }
        expect(dictionary.size).to.equal(ids.size)
        for (const [text, id] of ids) expect(idOf(dictionary, text)).to.equal(id)
      }),
    )
  })
})
