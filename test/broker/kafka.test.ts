// The contract of a broker over a real Kafka, on either path between the clients and the workers.
import { openKafkaBroker } from '../../broker/kafka.ts'
import { sharedKafka } from '../support/kafka.ts'
import { describeBrokerContract } from './contract.ts'
import { DATA_PATHS, openKafkaDataPort } from './kafka-member.ts'

for (const dataPath of DATA_PATHS) {
  describeBrokerContract(`Kafka, ${dataPath}`, async () => {
    const { bootstrapServers } = await sharedKafka()
    const broker = await openKafkaBroker({ bootstrapServers, clientId: 'contract', dataPath })
    return {
      broker,
      headersAreText: dataPath === 'plain',
      openDataPort: (spec) => {
        if (spec.kind !== `kafka-${dataPath}`) throw new Error(`another path: ${spec.kind}`)
        return openKafkaDataPort(spec)
      },
      close: () => broker.close(),
    }
  })
}
