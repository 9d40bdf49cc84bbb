// Topics that appear while a job runs which reads them by a pattern of their names.
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { embeddedLogs } from '../../support/embedded-log.ts'
import { ownKafka } from '../../support/own-kafka.ts'
import { readsTopicsThatAppear } from '../../support/new-topics.ts'

describe('a job that reads topics by a pattern', function () {
  this.timeout(180_000)
  const logs = embeddedLogs()
  const path = temporaryDirectory()

  it('reads those that appear, and keeps its counts, on an embedded log', async () => {
    await readsTopicsThatAppear(await logs.open('regions'), {
      'num.stream.threads': 2,
      'topic.partitions': 2,
    })
  })

  describe('on Kafka', () => {
    const kafka = ownKafka()

    it('reads those that appear, and keeps its counts', async () => {
      await readsTopicsThatAppear(kafka.broker, {
        'bootstrap.servers': kafka.bootstrapServers,
        'state.dir': path('state'),
        'num.stream.threads': 2,
        'topic.partitions': 2,
        'consumer.topic.metadata.refresh.interval.ms': 1_000,
      })
    })
  })
})
