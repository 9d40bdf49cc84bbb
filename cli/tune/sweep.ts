// What is tried: keys with their values, the trials made of them, and the order of a round. No run is made here.
import { createRandom } from '../../data/random.ts'
import { UsageError } from '../exit-codes.ts'

/** A key whose values are compared. */
export interface SweptKey {
  readonly key: string
  /** What it is in the configuration that all is compared with; undefined where it is unset. */
  readonly base: string | undefined
  /** The others. */
  readonly values: readonly string[]
}

/** Settings by key. */
export type TrialSettings = Readonly<Record<string, string>>

/** What is run again and again: the base with these settings; the base itself has none. */
export type Trial = TrialSettings

/** `each`: one key after the other is changed; `grid`: all combinations. */
export type Design = 'each' | 'grid'

/** A grid grows fast. */
const TRIALS_MAX = 200

/**
 * Reads `key=value,value` texts.
 * @param base the value of a key now, undefined where it is unset.
 * @throws UsageError
 */
export function sweptKeysOf(
  texts: readonly string[],
  base: (key: string) => string | undefined,
): SweptKey[] {
  const keys = texts.map((text) => {
    const [, key = '', list = ''] = /^([^=]+)=(.+)$/.exec(text.trim()) ?? []
    const given = [...new Set(list.split(',').map((value) => value.trim()))].filter(Boolean)
    if (key === '' || given.length === 0) {
      throw new UsageError(`--sweep ${text}: write --sweep key=value,value`)
    }
    const values = given.filter((value) => value !== base(key))
    if (values.length === 0) {
      throw new UsageError(`--sweep ${text}: that is its value now; give another one to compare`)
    }
    return { key, base: base(key), values }
  })
  const twice = keys.find(({ key }, i) => keys.findIndex((other) => other.key === key) !== i)
  if (twice === undefined) return keys
  throw new UsageError(`--sweep ${twice.key} is given twice: write all of its values in one`)
}

/** The trials, the base first. @throws UsageError when there are too many. */
export function trialsOf(keys: readonly SweptKey[], design: Design): Trial[] {
  const trials =
    design === 'each'
      ? [{}, ...keys.flatMap(({ key, values }) => values.map((value) => ({ [key]: value })))]
      : keys.reduce<Trial[]>(
          (all, { key, values }) =>
            all.flatMap((trial) => [trial, ...values.map((value) => ({ ...trial, [key]: value }))]),
          [{}],
        )
  if (trials.length <= TRIALS_MAX) return trials
  throw new UsageError(
    `${trials.length} trials are too many, at most ${TRIALS_MAX}: leave --grid out, or sweep fewer values`,
  )
}

/** Every index below `count` once: the order of a round, by chance and the same for the same seed. */
export function orderOf(count: number, round: number, seed: number): number[] {
  const random = createRandom(seed, round)
  const order = Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1)
    const index = order[last]!
    order[last] = order[other]!
    order[other] = index
  }
  return order
}

/** One name for the same settings, in whatever order they are written. */
export function nameOf(trial: Trial): string {
  const texts = Object.keys(trial)
    .sort()
    .map((key) => `${key}=${trial[key]}`)
  return texts.length === 0 ? 'as configured' : texts.join(' ')
}
