// The contract of a broker over a real Kafka.
import { openPlainDataPort } from '../../broker/kafka/plain-data-port.ts'
import { openKafkaBroker } from '../../broker/kafka.ts'
import { sharedKafka } from '../support/kafka.ts'
import { describeBrokerContract } from './contract.ts'

describeBrokerContract('Kafka', async () => {
  const { bootstrapServers } = await sharedKafka()
  const broker = await openKafkaBroker({ bootstrapServers, clientId: 'contract' })
  return {
    broker,
    openDataPort: (spec) => {
      if (spec.kind !== 'kafka-plain') throw new Error(`not a channel of Kafka: ${spec.kind}`)
      return openPlainDataPort(spec)
    },
    close: () => broker.close(),
  }
})
