// A source whose process and whose database are killed again and again in the middle, on any broker: in the end
// its topic has each row of the table once, by a count that the source has no part in.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { setting, startCli } from '../cli/run-cli.ts'
import { kill, killRepeatedly, seed } from '../support/killing.ts'
import type { Postgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { numbersOf, sourceSettings, writeSource, type SourceSettings } from './sources.ts'

/** A source to kill, and where it writes. */
export interface KilledSource {
  readonly broker: Broker
  readonly bootstrapServers: string
  readonly postgres: Postgres
  /** Its table and its topic; made here. */
  readonly table: string
  readonly settings: SourceSettings
  /** The path of a file. */
  readonly file: (name: string) => string
}

const ROWS = 20_000
const PARTITIONS = 2

/** Kills both sides, and counts. */
export async function readsEachRowOnce(killed: KilledSource): Promise<void> {
  const { broker, bootstrapServers, postgres, table, settings, file } = killed
  // One timestamp for all: nothing but the place within it tells where a run has to go on.
  await postgres.owner.query(
    `CREATE TABLE ${table} (id int PRIMARY KEY, changed timestamptz NOT NULL, name text)`,
  )
  await postgres.owner.query(
    `INSERT INTO ${table} SELECT i, '2020-01-01', 'row ' || i FROM generate_series(1, ${ROWS}) i`,
  )
  await broker.ensureTopics([{ name: table, partitions: PARTITIONS }])
  const source = writeSource(
    file(`${table}.properties`),
    sourceSettings(postgres.url, {
      ...{ name: table, 'table.whitelist': table, 'key.column.name': 'id' },
      ...{ 'batch.max.rows': broker.kind === 'kafka' ? 250 : 20, 'connection.backoff.ms': 200 },
      ...settings,
    }),
  )
  const args = [
    ...['connect', source],
    ...setting({ 'bootstrap.servers': bootstrapServers, 'commit.interval.ms': 1 }),
  ]
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: table,
    partition,
  }))
  const progress = async (): Promise<number> => {
    const marks = await broker.watermarks(partitions)
    return marks.reduce((sum, { end }) => sum + end, 0)
  }
  const half = ROWS / 2
  const killedAt = await killRepeatedly({ args, times: 3, until: half, progress })
  expect(killedAt[0], `seed ${seed}`).to.be.lessThan(ROWS)

  const run = startCli(args)
  try {
    const before = await progress()
    await until('it reads', async () => (await progress()) > before)
    postgres.kill()
    await until('it tries again', () => run.stderr().includes('MILLRACE_POSTGRES_UNREACHABLE'))
    await postgres.restart()
    const missing = async (): Promise<number> => {
      if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`)
      return ROWS - (await progress())
    }
    await until('all rows are there', async () => (await missing()) <= 0)
  } finally {
    await kill(run)
  }
  // The last run finds nothing that is left, and ends what the killed one has left open.
  const last = await startCli([...args, '--once']).ended
  expect(last.code, last.stderr).to.equal(0)
  const numbers = await numbersOf(broker, table, 'id')
  const all = Array.from({ length: ROWS }, (_, i) => i + 1)
  expect(numbers, `seed ${seed}, killed at ${killedAt.join(', ')}`).to.deep.equal(all)
}
