// Posting to topics of a real Kafka.
import { openKafkaBroker } from '../../broker/kafka.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { describeIngest } from './ingest-cases.ts'

describe('on a Kafka of its own', () => {
  const kafka = ownKafka()

  describeIngest('on Kafka', () =>
    openKafkaBroker({ bootstrapServers: kafka.bootstrapServers, clientId: 'ingest' }),
  )
})
