// Drawing from a seeded stream of numbers, as all parts of a drawn case do.
import { createRandom } from '../../../data/random.ts'

/** What a case is drawn with; the same seeds draw the same case. */
export interface Dice {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number
  /** True once in `sides` times. */
  once(sides: number): boolean
  /** One of several, each as likely. */
  pick<T>(from: readonly T[]): T
}

/** Dice for these seeds. */
export function dice(...seeds: readonly number[]): Dice {
  const { below } = createRandom(...seeds)
  return {
    below,
    once: (sides) => below(sides) === 0,
    pick: (from) => from[below(from.length)]!,
  }
}

/** The names of a table of weights, each as often as its weight says. */
export function weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name[] {
  const entries = Object.entries(weights) as [Name, number][]
  return entries.flatMap(([name, weight]) => Array<Name>(weight).fill(name))
}
