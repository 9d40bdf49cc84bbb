// Rows that are nearly right: rows like those of real topics with bytes changed, cut out, repeated and put
// in. The same on every run.

/** Numbers from 0 below 1, the same for a seed. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const TOKENS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u', '\\ud800', '\\u0041', '\\x', '\\"', 'null'],
  ...['true', 'fals', '0', '-', '1e999', '.5', '01', 'E+', ' ', '\t', '\n', '\u0000', '\u001f'],
  ...['[[[', '\u007f', 'é', '\ufeff', '😀', '-13-', '02-30', 'T24', '+01:00', 'Z', ':60', '.1234'],
  ...['123456789012345678', '1e-400', '-0', '{"id":"1","type":"t","units":1,"at":"', '"id":"2",'],
].map((token) => Buffer.from(token))
// A surrogate, overlong forms, beyond the last character, cut short, a byte that is never one.
for (const hex of [
  'eda080',
  'c080',
  'e08080',
  'f08f8080',
  'f4908080',
  'e282',
  'f09f98',
  '80',
  'ff',
]) {
  TOKENS.push(Buffer.from(hex, 'hex'))
}

/** Makes broken rows of whole ones; `members`, each with its comma, are put in, too. */
export function breakerOf(
  seeds: readonly string[],
  members: readonly string[],
  random: () => number,
): () => Buffer {
  const wholes = seeds.map((seed) => Buffer.from(seed))
  const extras = members.map((member) => Buffer.from(member))
  const below = (n: number): number => Math.floor(random() * n)
  const oneOf = (from: readonly Buffer[]): Buffer => from[below(from.length)]!

  function wounded(bytes: Buffer): Buffer {
    const at = below(bytes.length + 1)
    const before = bytes.subarray(0, at)
    const after = bytes.subarray(at)
    const withByte = (byte: number): Buffer =>
      Buffer.concat([before, Buffer.of(byte), after.subarray(1)])
    switch (below(12)) {
      case 0:
        return withByte(below(256))
      case 1:
        return withByte((bytes[at] ?? 0) ^ (1 << below(8)))
      case 2:
        return withByte(0x61 + below(26))
      case 3:
        return withByte(0x30 + below(10))
      case 4:
        return Buffer.concat([before, after.subarray(1 + below(8))])
      case 5:
        return Buffer.concat([before, oneOf(TOKENS), after])
      case 6:
        return Buffer.concat([before, oneOf(TOKENS), after.subarray(1 + below(3))])
      case 7: {
        const next = bytes.indexOf(',', at) + 1
        return Buffer.concat([bytes.subarray(0, next), oneOf(TOKENS), bytes.subarray(next)])
      }
      case 8:
        return Buffer.concat([bytes.subarray(0, 1), oneOf(extras), bytes.subarray(1)])
      case 9: {
        const member = oneOf(extras).subarray(0, -1)
        return Buffer.concat([bytes.subarray(0, -1), Buffer.of(0x2c), member, bytes.subarray(-1)])
      }
      case 10: {
        const piece = bytes.subarray(below(bytes.length + 1)).subarray(0, 12)
        return Buffer.concat([before, piece, after])
      }
      default:
        return Buffer.from(before)
    }
  }

  return () => {
    let bytes = oneOf(wholes)
    for (let wounds = 1 + Math.floor(random() ** 3 * 4); wounds > 0; wounds--) {
      bytes = wounded(bytes)
    }
    return bytes
  }
}
