// Dropped records in topics, on a real Kafka, exactly once.
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { dropsOn } from '../support/drops.ts'
import { ownKafka } from '../support/own-kafka.ts'

describe('a dropped record, on Kafka', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const kafka = ownKafka()

  dropsOn(
    () => kafka.open(),
    () => ({
      'bootstrap.servers': kafka.bootstrapServers,
      'commit.interval.ms': '200',
      'processing.guarantee': 'exactly_once_v2',
      'state.dir': directory('state'),
    }),
  )
})
