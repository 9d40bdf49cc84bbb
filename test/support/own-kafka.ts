// A Kafka of a suite's own, and connections to it, all gone after the suite.
import type { KafkaBrokerOptions } from '../../broker/kafka.ts'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import { startKafka, type BrokerSettings, type Kafka } from './kafka.ts'

/** What a suite has once its tests, or its own `before`, run. */
export interface OwnKafka {
  /** `host:port`, for `bootstrap.servers`. */
  readonly bootstrapServers: string
  /** A connection that the suite need not close. */
  readonly broker: Broker
  /** The process, to let it stand still, or start again. */
  readonly process: Pick<Kafka, 'pause' | 'resume' | 'restart'>
  /** One more connection, which the caller closes; `plain` without the addon's way for records. */
  readonly open: (dataPath?: 'plain', settings?: KafkaBrokerOptions['settings']) => Promise<Broker>
}

/**
 * Call it inside a `describe`, before the suite's own `before`. What is to end while the broker is there ends
 * in an `after` above the call: mocha runs them in that order.
 */
export function ownKafka(settings: BrokerSettings = {}): OwnKafka {
  let kafka: Kafka | undefined
  let broker: Broker | undefined
  const open: OwnKafka['open'] = (dataPath, settings = {}) => {
    const way = dataPath === undefined ? { settings } : { dataPath, settings }
    const { bootstrapServers } = kafka!
    return openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test', ...way })
  }
  before(async () => {
    kafka = await startKafka(settings)
    broker = await open()
  })
  after(async () => {
    await broker?.close()
    await kafka?.stop()
  })
  return {
    get bootstrapServers() {
      return kafka!.bootstrapServers
    },
    get broker() {
      return broker!
    },
    get process() {
      return kafka!
    },
    open,
  }
}
