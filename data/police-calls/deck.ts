// What is too rare to be drawn is dealt: each stretch of 199,999 rows gets every rare type and
// disposition exactly as often as the published file has it, at places that the seed decides.
import { createRandom } from '../random.ts'

/** The rare values of one stretch of rows. */
export interface Deck {
  /** Per row of the stretch, 1 + the index of a type of the tail, or 0. */
  readonly types: Uint16Array
  /** Per row of the stretch, 1 + the index of a rare disposition, or 0. */
  readonly dispositions: Uint8Array
}

/** Deals `typeCounts` and `dispositionCounts` onto `rows` rows; rows that `isTaken` get nothing. */
export function dealDeck(
  rows: number,
  typeCounts: ArrayLike<number>,
  dispositionCounts: ArrayLike<number>,
  isTaken: (row: number) => boolean,
  ...seeds: readonly number[]
): Deck {
  const random = createRandom(0xdec, ...seeds)
  const types = new Uint16Array(rows)
  const dispositions = new Uint8Array(rows)
  const deal = (counts: ArrayLike<number>, places: Uint16Array | Uint8Array): void => {
    for (let index = 0; index < counts.length; index++) {
      for (let left = counts[index]!; left > 0;) {
        const row = random.below(rows)
        if (places[row] !== 0 || isTaken(row)) continue
        places[row] = index + 1
        left -= 1
      }
    }
  }
  deal(typeCounts, types)
  deal(dispositionCounts, dispositions)
  return { types, dispositions }
}
