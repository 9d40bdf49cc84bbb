// What each operator costs a record, in time and in bytes allocated, in tasks without a broker or threads:
// `node dist/bench/operators.js [part of a name]`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MemoryLog } from '../broker/memory/log.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { planOf } from '../runtime/plan.ts'
import { repartitionsOf } from '../runtime/repartitions.ts'
import { bytes, utf8 } from '../topology/serdes/primitive.ts'
import { topic } from '../topology/topic.ts'
import { defineTopology, type Topology } from '../topology/topology.ts'
import { AREAS, areaOf, NOTHING, type Call, type OperatorCase } from './operator-calls.ts'
import { operatorCases } from './operator-cases.ts'
import { OperatorTasks } from './operator-tasks.ts'

/** Odd ones are dear by what else the machine does: the least of many is what the operator costs. */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15)
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

/** What is measured: time, with the memory that JavaScript has by itself, or bytes, without its collector. */
type What = 'ns' | 'bytes'

/** Of one case, a record. */
interface Cost {
  readonly name: string
  readonly own: number
  /** More than the case beside it. */
  readonly more?: number
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

/** Runs all records through new tasks. @returns ns or bytes a record, NaN where the collector took some. */
function run(what: What, topology: Topology): number {
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
  for (const batch of batches) log.append({ topic: 'calls', partition: 0 }, batch)
  const tasks = new OperatorTasks(topology, planOf(topology, 'bench', counts), log)
  globalThis.gc?.()
  const heapBefore = heapBytes()
  // The processor's time, not the clock's: others may use the machine.
  const before = process.cpuUsage()
  tasks.run()
  const { user, system } = process.cpuUsage(before)
  const grown = heapBytes() - heapBefore
  tasks.close()
  if (what === 'ns') return ((user + system) * 1_000) / RECORDS
  return grown < 0 ? NaN : grown / RECORDS
}

/** What JavaScript holds, off its heap, too: as long as nothing is collected, what was allocated. */
function heapBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const batches = Array.from({ length: BATCHES }, (_, batch) => {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < BATCH_ROWS; i++) {
    const number = batch * BATCH_ROWS + i
    const value = number % VALUES
    const key = new TextEncoder().encode(areaOf(number))
    builder.append(key, Uint8Array.of(value & 255, value >> 8), number * RECORD_MS)
  }
  return builder.pack()
})

function least(numbers: readonly number[]): number {
  const known = numbers.filter((number) => !Number.isNaN(number))
  return known.length === 0 ? NaN : Math.min(...known)
}

/** A count in plain JavaScript, of keys that are there: by how much others slow the machine down. */
function plainCount(): number {
  const counts = new Map<string, number>()
  const keys = Array.from({ length: RECORDS }, (_, i) => areaOf(i))
  const before = process.cpuUsage()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / RECORDS
}

/** Runs each case and the one beside it in turn: what the engine learns from others is the same for both. */
function measure(what: What, wanted: string, areasFile: URL): Cost[] {
  const cases = operatorCases(areasFile)
  const topologies = new Map(cases.map(({ name, build }) => [name, topologyOf(build)]))
  const costs = cases.flatMap(({ name, beside = NOTHING }) => {
    if (!name.includes(wanted)) return []
    const [own, other] = [topologies.get(name)!, topologies.get(beside)!]
    run(what, other)
    run(what, own)
    const rounds = Array.from({ length: ROUNDS }, () => [run(what, other), run(what, own)] as const)
    const [without, with_] = [0, 1].map((at) => least(rounds.map((round) => round[at]!)))
    return [{ name, own: with_!, more: with_! - without! }]
  })
  if (what === 'bytes') return costs
  const plain = least(Array.from({ length: ROUNDS }, plainCount))
  return [...costs, { name: 'a Map of counts, for comparison', own: plain }]
}

function print(name: string, ...columns: readonly string[]): void {
  process.stdout.write(`${name.padEnd(42)}${columns.map((text) => text.padStart(16)).join('')}\n`)
}

/** In a process of its own: what is measured decides about memory. */
function measured(what: What, wanted: string): Cost[] {
  // Room for all that a round allocates: the collector must not run while bytes are counted.
  const room = ['--min-semi-space-size=512', '--max-semi-space-size=512']
  const flags = ['--expose-gc', ...(what === 'bytes' ? room : [])]
  const script = fileURLToPath(import.meta.url)
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const text = execFileSync(process.execPath, [...flags, script, wanted, what], {
    stdio: [...stdio],
    encoding: 'utf8',
  })
  return JSON.parse(text) as Cost[]
}

const [wanted = '', what] = process.argv.slice(2)
if (what === undefined) {
  const bytesOf = new Map(measured('bytes', wanted).map((cost) => [cost.name, cost]))
  print('', 'ns a record', 'more than', 'bytes a record', 'more than')
  for (const { name, own, more } of measured('ns', wanted)) {
    const allocated = bytesOf.get(name)
    const figures = [own, more, allocated?.own, allocated?.more]
    print(name, ...figures.map((figure) => figure?.toFixed(0) ?? ''))
  }
} else {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const file = join(directory, 'areas.json')
  const table = Array.from({ length: AREAS }, (_, i) => ({ area: areaOf(i), name: `Area ${i}` }))
  writeFileSync(file, JSON.stringify(table))
  try {
    const costs = measure(what as What, wanted, pathToFileURL(file))
    process.stdout.write(JSON.stringify(costs))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
