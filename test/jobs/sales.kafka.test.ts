// Joins with tables and global tables over several partitions and threads, on a real Kafka, both ways
// that records can take to the workers.
import { openBroker } from '../../broker/open.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { startKafka, type Kafka } from '../support/kafka.ts'
import { sellsOn } from '../support/sales.ts'

for (const dataPath of ['native', 'plain'] as const) {
  describe(`a job that joins, on Kafka, the ${dataPath} way`, function () {
    this.timeout(120_000)
    const directory = temporaryDirectory()
    let kafka: Kafka
    before(async () => {
      kafka = await startKafka()
    })
    after(() => kafka.stop())

    sellsOn(
      () => {
        const { bootstrapServers } = kafka
        const way = dataPath === 'plain' ? { dataPath } : {}
        return openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test', ...way })
      },
      () => ({
        'bootstrap.servers': kafka.bootstrapServers,
        'commit.interval.ms': '200',
        'state.dir': directory('state'),
      }),
    )
  })
}
