// The dictionary: dense ids for byte strings, through growth, collisions and forgetting.
import { expect } from 'chai'
import { Dictionary } from '../../../topology/serdes/dictionary.ts'
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
})
