// Opens the broker that the configuration names; each is loaded only when it is asked for, so that
// one whose native parts could not be built is in nobody's way. Called by cli/ and runtime/.
import type { Broker } from './ports.ts'

/** librdkafka's settings by the client that they are for; `common` ones are for all. */
export interface KafkaSettings {
  readonly common: Readonly<Record<string, string>>
  readonly consumer: Readonly<Record<string, string>>
  readonly producer: Readonly<Record<string, string>>
  readonly admin: Readonly<Record<string, string>>
}

/** Which broker to open, and what it needs to know. */
export type BrokerOptions =
  | {
      readonly kind: 'embedded'
      /** Made when missing. */
      readonly directory: string
    }
  | {
      readonly kind: 'kafka'
      /** `host:port,host:port` */
      readonly bootstrapServers: string
      readonly clientId: string
      readonly settings: KafkaSettings
      /** Copies of created topics; -1 for the broker's own default. */
      readonly replicationFactor: number
    }

/**
 * Opens a broker on the main thread.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER_CLIENT_MISSING,
 * MILLRACE_LOG_CORRUPT, MILLRACE_LOG_VERSION
 */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  if (options.kind === 'embedded') {
    const { openEmbeddedBroker } = await import('./embedded/index.ts')
    return openEmbeddedBroker(options.directory)
  }
  const { openKafkaBroker } = await import('./kafka.ts')
  return openKafkaBroker(options)
}
