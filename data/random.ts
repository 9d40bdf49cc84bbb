// Seeded random numbers and drawing by weight: what makes generated data the same bytes on every
// machine. The generator and its tests call it; nothing here is fit for secrets.

/** A stream of random numbers; the same seeds give the same stream. */
export interface Random {
  /** A number from 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number
}

/** A stream for these seeds (32-bit numbers): sfc32, small and quick, 128 bits of state. */
export function createRandom(...seeds: readonly number[]): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1]

  function word(): number {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }

  // Between two seeds the state is stirred, so that neighbouring seeds have nothing in common.
  for (const seed of seeds) {
    a ^= seed | 0
    for (let i = 0; i < 12; i++) word()
  }
  return {
    next: () => word() / 4_294_967_296,
    below: (limit) => Math.floor((word() / 4_294_967_296) * limit),
  }
}

/** Weights made ready for drawing in constant time (Vose's alias method). */
export interface WeightTable {
  readonly keep: Float64Array
  readonly alias: Int32Array
}

/**
 * A table to draw indices of `weights` from; weights need not add up to anything.
 * @throws Error when no weight is above 0.
 */
export function weightTable(weights: readonly number[]): WeightTable {
  const count = weights.length
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (!(sum > 0)) throw new Error('a weight table needs a weight above 0')
  const scaled = weights.map((weight) => (weight * count) / sum)
  const keep = new Float64Array(count).fill(1)
  const alias = new Int32Array(count).map((_, index) => index)
  const small = scaled.flatMap((weight, index) => (weight < 1 ? [index] : []))
  const large = scaled.flatMap((weight, index) => (weight < 1 ? [] : [index]))
  while (small.length > 0 && large.length > 0) {
    const less = small.pop()!
    const more = large.at(-1)!
    keep[less] = scaled[less]!
    alias[less] = more
    scaled[more]! -= 1 - scaled[less]!
    if (scaled[more]! < 1) small.push(large.pop()!)
  }
  return { keep, alias }
}

/** Draws an index with the probability of its weight. */
export function draw(table: WeightTable, random: Random): number {
  const at = random.next() * table.keep.length
  const index = Math.floor(at)
  return at - index < table.keep[index]! ? index : table.alias[index]!
}

/**
 * `count` weights that fall from `first` by a power law, `first * (from / (from + i)) ** exponent`:
 * the long tail behind the `from` largest of a distribution.
 */
export function tailWeights(
  count: number,
  from: number,
  first: number,
  exponent: number,
): number[] {
  return Array.from({ length: count }, (_, i) => first * (from / (from + i)) ** exponent)
}
