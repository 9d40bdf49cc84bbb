// What somebody who mistyped a name probably meant. Used for keys, jobs and topics.
import { distance } from 'fastest-levenshtein'

/** The name that takes the fewest edits, or undefined when it would take too many to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({
      candidate,
      edits: distance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.edits - b.edits)
  const editsMax = Math.max(2, name.length * 0.4)
  return best !== undefined && best.edits <= editsMax ? best.candidate : undefined
}
