// Numbers that look random and are the same each time, for long runs of operations on stores.

/** @param seed other ones give other numbers. @returns what gives a whole number below its argument. */
export function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) % below
  }
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
