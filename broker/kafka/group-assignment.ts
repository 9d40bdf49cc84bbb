// What the members of a group read, as its coordinator tells: each of them can come to the same plan from
// it, where the assignor carries no word of theirs. Asked by the native path.
import type { KafkaAddon } from '../native/kafka-addon.ts'
import type { MemberPartitions, TopicPartition } from '../ports.ts'

/** The caller's thread stands still for so long when the brokers do not answer. */
const ASK_MS_MAX = 1_000
/** A member's id ends in a dash and a UUID; before it is its group.instance.id, or its client.id. */
const UNIQUE_LENGTH = 37

/**
 * The members of a group and what each reads; undefined while the group shares its partitions out anew.
 * @param clientId the caller's own.
 * @throws Error when the brokers do not answer
 */
export function assignmentOf(
  addon: KafkaAddon,
  clientId: string,
  group: string,
): readonly MemberPartitions[] | undefined {
  const members: MemberPartitions[] = []
  for (const { memberId, clientId: id, assignment } of addon.groupMembers(
    clientId,
    group,
    ASK_MS_MAX,
  )) {
    // A coordinator tells of assignments when all have theirs.
    if (assignment.length === 0) return undefined
    members.push({
      name: memberId.slice(0, -UNIQUE_LENGTH),
      isSelf: id === clientId,
      partitions: readAssignment(assignment),
    })
  }
  return members
}

/** Reads Kafka's `ConsumerProtocolAssignment`, up to what the assignor adds. */
export function readAssignment(bytes: Uint8Array): TopicPartition[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const partitions: TopicPartition[] = []
  const topics = view.getInt32(2)
  let at = 6
  for (let i = 0; i < topics; i++) {
    const length = view.getInt16(at)
    const topic = new TextDecoder().decode(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
    const count = view.getInt32(at)
    at += 4
    for (let n = 0; n < count; n++, at += 4)
      partitions.push({ topic, partition: view.getInt32(at) })
  }
  return partitions
}
