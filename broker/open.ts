// Opens the broker that the configuration names; each is loaded only when it is asked for, so that
// one whose native parts could not be built is in nobody's way. Called by cli/ and runtime/.
import type { KafkaBrokerOptions } from './kafka.ts'
import type { Broker } from './ports.ts'

/** Which broker to open, and what it needs to know. */
export type BrokerOptions =
  | {
      readonly kind: 'embedded'
      /** Made when missing. */
      readonly directory: string
    }
  | ({ readonly kind: 'kafka' } & KafkaBrokerOptions)

/**
 * Opens a broker on the main thread.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER_CLIENT_MISSING,
 * MILLRACE_LOG_CORRUPT, MILLRACE_LOG_VERSION, MILLRACE_DISK_FULL, MILLRACE_BROKER
 */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  if (options.kind === 'embedded') {
    const { openEmbeddedBroker } = await import('./embedded/index.ts')
    return openEmbeddedBroker(options.directory)
  }
  const { openKafkaBroker } = await import('./kafka.ts')
  return openKafkaBroker(options)
}
