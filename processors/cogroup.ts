// A grouping's way into a cogroup (Kafka's cogrouped KStreamAggregate): records say by which grouping they
// came, and the aggregate behind it adds them with the function of that one.
import type { CogroupNode } from '../topology/node.ts'
import type { Forward } from './processor.ts'

/** What a cogroup does with the records of one of its groupings. */
export function cogroupInput({ inputs }: CogroupNode, from: string, next: Forward): Forward {
  const indexes = inputs.flatMap((input, index) => (input.from === from ? [index] : []))
  return (record) => {
    for (const index of indexes) {
      record.cogroupInput = index
      next(record)
    }
  }
}
