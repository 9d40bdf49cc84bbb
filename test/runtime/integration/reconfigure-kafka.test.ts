// Another number of threads on Kafka, exactly once: what the tasks that move have in the transaction goes with it.
import { expect } from 'chai'
import { streamsConfig, type StreamsConfig } from '../../../config/config.ts'
import { runStreams } from '../../../runtime/run-streams.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { batchCount } from '../../support/batch-count.ts'
import { ownKafka } from '../../support/own-kafka.ts'
import {
  expectTables,
  generatedCalls,
  POLICE_JOB,
  sumOf,
  writeCalls,
} from '../../support/police-job.ts'
import { until } from '../../support/until.ts'

const ROWS = 16_000

describe('a job on Kafka that gets other threads while it runs', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  // One of its own: the topics of the job are also those of another test.
  const kafka = ownKafka()

  before(() => writeCalls(kafka.broker, calls, 4))

  const withThreads = (threads: number): StreamsConfig =>
    streamsConfig({
      'bootstrap.servers': kafka.bootstrapServers,
      'application.id': 'reconfigured',
      'state.dir': path('state'),
      'processing.guarantee': 'exactly_once_v2',
      'num.stream.threads': threads,
      'max.poll.records': 200,
    })

  it('counts every call once', async () => {
    const streams = await runStreams(POLICE_JOB, withThreads(1))
    const rows = (): number => sumOf(streams.metrics(), 'kafka_stream_query_input_rows_total')
    await until('it has begun', () => rows() > 0)
    for (const threads of [3, 1, 2]) {
      await streams.reconfigure(withThreads(threads))
      expect(streams.threads).to.have.length(threads)
      expect(streams.problems).to.deep.equal([])
    }
    streams.stop()
    await streams.done
    const rest = await runStreams(POLICE_JOB, withThreads(2), { once: true })
    await rest.done
    await expectTables(kafka.broker, batchCount(calls))
  })
})
