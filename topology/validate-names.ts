// What names may be; part of the validation of a topology.
import { TopologyError } from './errors.ts'

const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,100}$/

/** @throws TopologyError naming the node when a name of its cannot be part of a topic's. */
export function checkName(name: string, node: string): void {
  if (!LEGAL_NAME.test(name)) {
    throw new TopologyError(
      node,
      'a name is 1 to 100 letters, digits, dots, dashes and underscores: it becomes part of topic names',
    )
  }
}
