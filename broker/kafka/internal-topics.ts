// How the topics of an application's own must be set so that Kafka deletes nothing of them that is still
// needed, as Kafka Streams' InternalTopicManager validates them. A group asks when it is opened, and doctor.
import type { KafkaAddon, TopicSettings } from '../native/kafka-addon.ts'
import { BrokerError, type TopicSpec } from '../ports.ts'
import { askForLimits } from './topic-limits.ts'

const CLEANUP = 'cleanup.policy'
const RETENTION_MS = 'retention.ms'
const RETENTION_BYTES = 'retention.bytes'

/**
 * What topics of an application's own are set to otherwise than they must be, a sentence each with what to do.
 * @param settings as `askForLimits` tells them; what is left out there is not judged.
 */
export function misfitsOf(
  specs: readonly TopicSpec[],
  settings: Readonly<Record<string, TopicSettings>>,
): string[] {
  return specs.flatMap(({ name, config = {} }) => {
    const found = settings[name]
    if (found === undefined) return []
    return config[CLEANUP] === 'compact' ? ofState(name, found) : ofRows(name, found, config)
  })
}

/** Asks what topics of an application's own are set to, by a client that the addon knows. See `misfitsOf`. */
export async function askForMisfits(
  addon: KafkaAddon,
  clientId: string,
  specs: readonly TopicSpec[],
): Promise<string[]> {
  const names = specs.map(({ name }) => name)
  const { settings } = await askForLimits(addon, clientId, names)
  return misfitsOf(specs, settings)
}

/** @throws BrokerError MILLRACE_TOPIC_MISMATCH with all that `misfitsOf` finds */
export function assertFit(
  specs: readonly TopicSpec[],
  settings: Readonly<Record<string, TopicSettings>>,
): void {
  const misfits = misfitsOf(specs, settings)
  if (misfits.length > 0) throw new BrokerError('MILLRACE_TOPIC_MISMATCH', misfits.join('; '))
}

/** A changelog: whatever its time, the last entry of a key is state. */
function ofState(name: string, { [CLEANUP]: policy = '' }: TopicSettings): string[] {
  if (!policy.includes('delete')) return []
  return [misfit(name, CLEANUP, policy, 'compact', 'Kafka would delete state that has not changed')]
}

/** A repartition topic: each row is needed until it was read. */
function ofRows(
  name: string,
  found: TopicSettings,
  { [RETENTION_MS]: neededMs = '-1' }: Readonly<Record<string, string>>,
): string[] {
  const {
    [CLEANUP]: policy = '',
    [RETENTION_MS]: ms = '-1',
    [RETENTION_BYTES]: bytes = '-1',
  } = found
  if (policy.includes('compact')) {
    const why = 'Kafka would delete rows that have the key of a later one'
    return [misfit(name, CLEANUP, policy, 'delete', why)]
  }
  if (!policy.includes('delete')) return []
  const why = 'Kafka would delete rows that were not read yet'
  const isShort = Number(ms) >= 0 && (Number(neededMs) < 0 || Number(ms) < Number(neededMs))
  return [
    ...(isShort ? [misfit(name, RETENTION_MS, ms, neededMs, why)] : []),
    ...(Number(bytes) >= 0 ? [misfit(name, RETENTION_BYTES, bytes, '-1', why)] : []),
  ]
}

const misfit = (
  name: string,
  setting: string,
  found: string,
  needed: string,
  why: string,
): string =>
  `the topic ${name} has ${setting}=${found} where ${needed} is needed, or ${why}: ` +
  `set it (kafka-configs.sh --alter --topic ${name} --add-config ${setting}=${needed}), ` +
  'or let "millrace reset" delete the topic and the next start make it anew'
