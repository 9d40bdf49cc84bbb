// Joins with tables and global tables over several partitions and threads, on a real Kafka: both ways that
// records can take to the workers, and exactly once on a machine without state at each start.
import type { Settings } from '../../config/config.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { sellsOn } from '../support/sales.ts'

interface Way {
  readonly name: string
  readonly isPlain?: boolean
  /** Each start has a state directory of its own: tables come from their changelogs. */
  readonly moves?: boolean
  readonly settings?: Settings
}

const ways: readonly Way[] = [
  { name: 'the native way' },
  { name: 'the plain way', isPlain: true },
  {
    name: 'exactly once, on another machine at each start, repartitioned as records',
    moves: true,
    settings: { 'processing.guarantee': 'exactly_once_v2', 'repartition.format': 'records' },
  },
  {
    name: 'exactly once, the plain way, on another machine at each start, repartitioned as records',
    isPlain: true,
    moves: true,
    settings: { 'processing.guarantee': 'exactly_once_v2', 'repartition.format': 'records' },
  },
]

for (const { name, isPlain = false, moves = false, settings } of ways) {
  describe(`a job that joins, on Kafka, ${name}`, function () {
    this.timeout(120_000)
    const directory = temporaryDirectory()
    const kafka = ownKafka()
    let starts = 0

    sellsOn(
      () => kafka.open(isPlain ? 'plain' : undefined),
      () => ({
        'bootstrap.servers': kafka.bootstrapServers,
        'commit.interval.ms': '200',
        'state.dir': directory(moves ? `state-${starts++}` : 'state'),
        ...settings,
      }),
    )
  })
}
