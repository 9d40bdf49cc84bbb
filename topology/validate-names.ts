// What names may be; part of the validation of a topology.
import { TopologyError } from './errors.ts'

/** A name with these characters; a name of dots alone means something else to file systems. */
const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,100}$/

/** @throws TopologyError naming the node when a name of its cannot be part of a topic's. */
export function checkName(name: string, node: string): void {
  const given: unknown = name
  if (typeof given !== 'string' || !LEGAL_NAME.test(given) || /^\.\.?$/.test(given)) {
    throw new TopologyError(
      String(node),
      'a name is 1 to 100 letters, digits, dots, dashes and underscores, and not . or ..: it becomes part of topic names',
    )
  }
}
