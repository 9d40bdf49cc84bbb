// Joins by a foreign key over several partitions, threads and restarts, on a real Kafka: with the state at
// hand, and exactly once on a machine without state at each start.
import type { Settings } from '../../config/config.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { billsOn } from '../support/bills.ts'
import { ownKafka } from '../support/own-kafka.ts'

interface Way {
  readonly name: string
  /** Each start has a state directory of its own: subscriptions come from their changelogs. */
  readonly moves?: boolean
  readonly settings?: Settings
}

const ways: readonly Way[] = [
  { name: 'at least once' },
  {
    name: 'exactly once, on another machine at each start',
    moves: true,
    settings: { 'processing.guarantee': 'exactly_once_v2' },
  },
]

for (const { name, moves = false, settings } of ways) {
  describe(`a job that joins by a foreign key, on Kafka, ${name}`, function () {
    this.timeout(120_000)
    const directory = temporaryDirectory()
    const kafka = ownKafka()
    let starts = 0

    billsOn(
      () => kafka.open(),
      () => ({
        'bootstrap.servers': kafka.bootstrapServers,
        'commit.interval.ms': '200',
        'state.dir': directory(moves ? `state-${starts++}` : 'state'),
        ...settings,
      }),
    )
  })
}
