// To which offsets an application is reset: Kafka's ways to say it, each within what a partition has.
import type { GroupAdmin } from '../broker/group-admin.ts'
import type { Broker, TopicPartition } from '../broker/ports.ts'

/** Where an application begins after its reset. */
export type ResetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** The first record that is not older. */
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  /** From the committed offset, or the start where there is none; negative is back. */
  | { readonly kind: 'shift'; readonly by: number }

/** What the offsets are worked out from. */
export interface TargetContext {
  readonly broker: Broker
  readonly admin: GroupAdmin
  readonly partitions: readonly TopicPartition[]
  readonly committed: readonly (number | undefined)[]
}

/**
 * The next offsets to read, one a partition. One beyond what the partition has becomes its first or
 * its end, as with Kafka's tool.
 * @throws BrokerError
 */
export async function targetsOf(target: ResetTarget, context: TargetContext): Promise<number[]> {
  const { broker, admin, partitions, committed } = context
  if (partitions.length === 0) return []
  const marks = await broker.watermarks(partitions)
  const wanted =
    target.kind === 'timestamp' ? await admin.offsetsAt(partitions, target.timestampMs) : []
  return marks.map(({ start, end }, i) => {
    const within = (offset: number): number => Math.min(Math.max(offset, start), end)
    switch (target.kind) {
      case 'earliest':
        return start
      case 'latest':
        return end
      case 'offset':
        return within(target.offset)
      case 'timestamp':
        return within(wanted[i]!)
      case 'shift':
        return within((committed[i] ?? start) + target.by)
    }
  })
}
