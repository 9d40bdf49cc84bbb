// Texts out of bytes: the same whatever their length, and as strict as the platform's decoder.
import { expect } from 'chai'
import { readLatin1, readUtf8 } from '../../../topology/serdes/text.ts'

const ASCII = 'The quick brown fox jumps over the lazy dog, 1234567890 times a day.'
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('texts out of bytes', () => {
  it('are read at every length and place', () => {
    const bytes = bytesOf(ASCII)
    for (let start = 0; start < 9; start++) {
      for (let end = start; end <= bytes.length; end++) {
        expect(readUtf8(bytes, start, end)).to.equal(ASCII.slice(start, end))
        expect(readLatin1(bytes, start, end)).to.equal(ASCII.slice(start, end))
      }
    }
  })

  it('may have letters of more than a byte anywhere', () => {
    for (let at = 0; at <= 20; at++) {
      const text = `${'a'.repeat(at)}é漢😀${'b'.repeat(20 - at)}`
      const bytes = bytesOf(text)
      expect(readUtf8(bytes, 0, bytes.length)).to.equal(text)
    }
  })

  it('are refused where the bytes are no UTF-8', () => {
    expect(() => readUtf8(Uint8Array.of(97, 0xff, 98), 0, 3)).to.throw(TypeError)
    expect(() => readUtf8(bytesOf('é'), 0, 1)).to.throw(TypeError)
  })
})
