// What each operator costs a record, in time and in bytes allocated, in one task without a broker or
// threads: `node dist/bench/operators.js [part of a name]`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MemoryLog } from '../broker/memory/log.ts'
import { RecordBatchBuilder } from '../broker/record-batch.ts'
import { streamsConfig } from '../config/config.ts'
import { planOf } from '../runtime/plan.ts'
import { repartitionsOf } from '../runtime/repartitions.ts'
import { DriverTasks } from '../runtime/test-driver/tasks.ts'
import { bytes, utf8 } from '../topology/serdes/primitive.ts'
import { topic } from '../topology/topic.ts'
import { defineTopology, type Topology } from '../topology/topology.ts'
import { AREAS, areaOf, NOTHING, type Call, type OperatorCase } from './operator-calls.ts'
import { operatorCases } from './operator-cases.ts'

const ROUNDS = 7
const BATCHES = 24
const BATCH_ROWS = 4_096
const RECORDS = BATCHES * BATCH_ROWS
const RECORD_MS = 5
const VALUES = 1_000

const input = topic('calls', { key: utf8, value: bytes })
const values: readonly Call[] = Array.from({ length: VALUES }, (_, i) => ({
  type: `type ${i % 37}`,
  area: areaOf(i),
  units: i % 7,
}))

interface Cost {
  readonly ns: number
  /** NaN where the collector ran in between. */
  readonly bytes: number
}

function topologyOf(build: OperatorCase['build']): Topology {
  return defineTopology('bench', ({ source }) => {
    const calls = source('source', input).parse('parse', {
      // Next to nothing, so that what is measured is the operator.
      decode: (row) => values[row[0]! | (row[1]! << 8)]!,
      malformed: 'fail',
    })
    build(calls)
  })
}

/** Runs all records through new tasks. */
function run(topology: Topology): Cost {
  const log = new MemoryLog()
  const counts = new Map([
    ['calls', 1],
    ['results', 1],
    ['counts', 1],
  ])
  for (const { name, partitions } of repartitionsOf(topology, 'bench', counts)) {
    counts.set(name, partitions)
  }
  for (const [name, partitions] of counts) log.ensure(name, partitions)
  for (let batch = 0; batch < BATCHES; batch++)
    log.append({ topic: 'calls', partition: 0 }, rows(batch))
  const plan = planOf(topology, 'bench', counts)
  const tasks = new DriverTasks(topology, plan, log, streamsConfig({}), 0, false, () => undefined)
  globalThis.gc?.()
  const heapBefore = heapBytes()
  // The processor's time, not the clock's: others may use the machine.
  const before = process.cpuUsage()
  tasks.run(0)
  const { user, system } = process.cpuUsage(before)
  const grown = heapBytes() - heapBefore
  tasks.close()
  return { ns: ((user + system) * 1_000) / RECORDS, bytes: grown < 0 ? NaN : grown / RECORDS }
}

/** What JavaScript holds, off its heap, too: as long as nothing is collected, what was allocated. */
function heapBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function rows(batch: number): ArrayBuffer {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < BATCH_ROWS; i++) {
    const number = batch * BATCH_ROWS + i
    const value = number % VALUES
    const key = new TextEncoder().encode(areaOf(number))
    builder.append(key, Uint8Array.of(value & 255, value >> 8), number * RECORD_MS)
  }
  return builder.pack()
}

function median(numbers: readonly number[]): number {
  const known = numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b)
  return known[known.length >> 1] ?? NaN
}

/** Runs each case and the one beside it in turn: what the engine learns from others is the same for both. */
function measure(wanted: string, areasFile: URL): void {
  const cases = operatorCases(areasFile)
  const topologies = new Map(cases.map(({ name, build }) => [name, topologyOf(build)]))
  print('', 'ns a record', 'more than beside', 'bytes a record', 'more than beside')
  for (const { name, beside = NOTHING } of cases) {
    if (!name.includes(wanted)) continue
    const [own, other] = [topologies.get(name)!, topologies.get(beside)!]
    run(other)
    run(own)
    const rounds = Array.from({ length: ROUNDS }, () => ({ other: run(other), own: run(own) }))
    const of = (cost: (round: (typeof rounds)[number]) => number): string =>
      median(rounds.map(cost)).toFixed(0)
    print(
      name,
      of(({ own: { ns } }) => ns),
      of((round) => round.own.ns - round.other.ns),
      of(({ own: { bytes } }) => bytes),
      of((round) => round.own.bytes - round.other.bytes),
    )
  }
}

function print(name: string, ...columns: string[]): void {
  process.stdout.write(`${name.padEnd(40)}${columns.map((text) => text.padStart(18)).join('')}\n`)
}

const [wanted = '', inner] = process.argv.slice(2)
const script = fileURLToPath(import.meta.url)
if (inner === undefined) {
  // Room for all that a round allocates: the collector must not run while it is counted.
  const flags = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512']
  execFileSync(process.execPath, [...flags, script, wanted, 'inner'], { stdio: 'inherit' })
} else {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const file = join(directory, 'areas.json')
  const table = Array.from({ length: AREAS }, (_, i) => ({ area: areaOf(i), name: `Area ${i}` }))
  writeFileSync(file, JSON.stringify(table))
  try {
    measure(wanted, pathToFileURL(file))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
