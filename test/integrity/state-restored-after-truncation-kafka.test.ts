// State on the disk that is cut short, as by a disk that lies or a copy that was not finished: it is deleted,
// counted and told of, and the job goes on with what the changelogs have. So it does where it keeps none on the disk.
import { expect } from 'chai'
import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { silentLog } from '../../runtime/run-log.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { batchCount } from '../support/batch-count.ts'
import { repeatedUpdates, RESULT_TOPICS } from '../support/final-tables.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import {
  expectTables,
  generatedCalls,
  inputOf,
  POLICE_JOB,
  runOnce,
  sumOf,
  writeInput,
} from '../support/police-job.ts'

const ROWS = 12_000
/** Of a smaller file half may be free, and need not be there: of that one the head is left, as it must not be. */
const HALVED_BYTES_MIN = 262_144
const HEAD_BYTES = 4_096

describe('state that is cut short on the disk', function () {
  this.timeout(240_000)
  const path = temporaryDirectory()
  const calls = generatedCalls(ROWS)
  const kafka = ownKafka()

  const settings = (): Settings => ({
    'bootstrap.servers': kafka.bootstrapServers,
    'state.dir': path('state'),
    'processing.guarantee': 'exactly_once_v2',
    'num.stream.threads': 2,
  })
  const feed = (from: number, to: number): Promise<void> =>
    writeInput(kafka.broker, calls.slice(from, to).map(inputOf), 4)

  it('is restored from the changelogs, counted and told of', async () => {
    await feed(0, ROWS / 3)
    const once = await kafka.open()
    await runOnce(once, settings())
    await once.close()
    const cut = cutShort(path('state/police-calls'))
    expect(cut).to.be.greaterThan(0)
    tellFaults(cut, 'files cut short')
    await feed(ROWS / 3, (2 * ROWS) / 3)
    const warnings: string[] = []
    const warn = (fields: object | string, message?: string): void => {
      warnings.push(`${message ?? ''} ${JSON.stringify(fields)}`)
    }
    const log = { ...silentLog, warn }
    const streams = await runStreams(POLICE_JOB, streamsConfig(settings()), { once: true, log })
    await streams.done
    const metrics = streams.metrics()
    expect(sumOf(metrics, 'kafka_stream_task_discarded_states_total')).to.equal(cut)
    expect(sumOf(metrics, 'kafka_stream_task_restored_records_total')).to.be.greaterThan(0)
    expect(warnings.join('\n')).to.include('state in state.dir was damaged')
    await expectTables(kafka.broker, batchCount(calls.slice(0, (2 * ROWS) / 3)))
    for (const topic of Object.values(RESULT_TOPICS)) {
      expect(await repeatedUpdates(kafka.broker, topic)).to.deep.equal([])
    }
  })

  it('is restored whole where it is in memory alone, and nothing of it is written', async () => {
    await feed((2 * ROWS) / 3, ROWS)
    const inMemory = { ...settings(), 'state.dir': path('nothing'), 'state.store': 'memory' }
    const streams = await runStreams(POLICE_JOB, streamsConfig(inMemory), { once: true })
    await streams.done
    const restored = sumOf(streams.metrics(), 'kafka_stream_task_restored_records_total')
    expect(restored).to.be.greaterThan(0)
    expect(filesOfTasks(path('nothing/police-calls'))).to.deep.equal([])
    await expectTables(kafka.broker, batchCount(calls))
  })
})

/** What tasks have on the disk. */
function filesOfTasks(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^\d+_\d+.data\.mdb$/.test(name))
    .map((name) => join(directory, name))
}

/** Cuts the files of tasks short. @returns how many. */
function cutShort(directory: string): number {
  const files = filesOfTasks(directory)
  for (const file of files) {
    const { size } = statSync(file)
    truncateSync(file, size >= HALVED_BYTES_MIN ? size / 2 : HEAD_BYTES)
  }
  return files.length
}
