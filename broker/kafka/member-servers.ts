// Where the members of a group have their servers. A member's `client.id` is all that a consumer can tell
// its group of itself here, so the address is its end (Kafka Streams sends it with the subscription).
import type { KafkaAddon } from '../native/kafka-addon.ts'

const SIGN = '@'
/** The caller's thread stands still for so long when the brokers do not answer. */
const ASK_MS_MAX = 1_000

/** A `client.id` that tells of a server. */
export function withServer(clientId: string, server: string | undefined): string {
  return server === undefined ? clientId : `${clientId}${SIGN}${server}`
}

/**
 * The servers of the other members, of those that have told.
 * @throws Error when the brokers do not answer
 */
export function serversOf(addon: KafkaAddon, clientId: string, group: string): string[] {
  return addon.groupMembers(clientId, group, ASK_MS_MAX).flatMap((member) => {
    const at = member.clientId.indexOf(SIGN)
    return member.clientId === clientId || at < 0 ? [] : [member.clientId.slice(at + 1)]
  })
}
