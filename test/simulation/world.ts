// One run of the simulation: a job, a broker and some processes drawn by a seed, trouble for a while, and then
// peace until all is done. Two runs of one seed are the same.
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { partitionFor } from '../../broker/partitioner.ts'
import { streamsConfig } from '../../config/config.ts'
import { LOG_SIZES, type LogSizes } from '../../state/log-sizes.ts'
import { Invariants } from './invariants.ts'
import { SimulatedProcess, type ProcessParts } from './process.ts'
import { Scheduler, type Trace } from './scheduler.ts'
import { Server } from './server.ts'
import { drawShape, type Input } from './shapes.ts'

/** How a run went. */
export interface RunResult {
  readonly seed: number
  /** What it was: `regrouped, exactly_once_v2, 2 processes, …`. */
  readonly what: string
  /** What was not as it must be; empty when all was. */
  readonly broken: readonly string[]
  readonly events: number
  readonly fingerprint: number
  readonly simulatedMs: number
}

const TROUBLE_MS = 20_000
const PEACE_MS_MAX = 600_000
const CALM = { delayMsMax: 5, lost: 0, twice: 0 }
const LOOK_MS = 100
const CLEAN_MS = 400
const MAY_END_WITH = new Set<unknown>([
  'MILLRACE_FENCED',
  'MILLRACE_THREAD_DIED',
  'MILLRACE_BROKER_UNREACHABLE',
])
/** Stores as small as here become snapshots and rounds, too: as in jobs, snapshots alone, rounds alone, and both. */
const SIZES: readonly LogSizes[] = [
  LOG_SIZES,
  { snapshotBytesMin: 64, roundBytesMin: Infinity },
  { snapshotBytesMin: 64, roundBytesMin: 32 },
  { snapshotBytesMin: 64, roundBytesMin: 160 },
]
const NO_DEATHS = { thread: 0, process: 0 }

/** Runs a seed. */
export async function runSeed(seed: number, trace?: Trace): Promise<RunResult> {
  const world = new World(seed, trace)
  await world.run()
  return world.result
}

class World {
  readonly #seed: number
  readonly #scheduler: Scheduler
  readonly #server: Server
  readonly #shape
  readonly #invariants: Invariants
  readonly #processes: SimulatedProcess[]
  readonly #inputs: Input[] = []
  readonly #what: string
  #isTrouble = true
  #isEnding = false
  #nextLookMs = 0
  #fed = 0
  #failure: string | undefined

  constructor(seed: number, trace?: Trace) {
    const scheduler = new Scheduler(seed, trace)
    const { random } = scheduler
    this.#seed = seed
    this.#scheduler = scheduler
    this.#shape = drawShape(random)
    const isExact = random.next() < 0.65
    const guarantee = isExact ? 'exactly_once_v2' : 'at_least_once'
    const [partitions, threads, processes] = [
      1 + random.below(4),
      1 + random.below(2),
      1 + random.below(3),
    ]
    this.#server = new Server({
      scheduler,
      sessionMs: 2_000 + random.below(4_000),
      rebalanceMs: 10_000,
      transactionMs: 3_000 + random.below(7_000),
      onCommit: (commit) => this.#invariants.committed(commit),
    })
    this.#invariants = new Invariants(this.#shape, isExact, this.#server.partitions)
    for (const topic of this.#shape.sources) this.#server.partitions.ensure(topic, partitions)
    // Of the seed, and not of the next number drawn: seeds are to stay what they are.
    const format = seed % 3 === 0 ? 'records' : 'frames'
    const logSizes = SIZES[seed % SIZES.length]!
    const config = streamsConfig({
      'processing.guarantee': guarantee,
      'repartition.format': format,
      'num.stream.threads': threads,
      'topic.partitions': partitions,
      'commit.interval.ms': 50 + random.below(400),
      'poll.ms': 20 + random.below(80),
      'max.poll.records': 1 + random.below(20),
      'worker.hang.timeout.ms': 60_000,
    })
    const weather = {
      delayMsMax: 2 + random.below(40),
      lost: random.next() * 0.06,
      twice: random.next() * 0.1,
    }
    const deaths = { thread: random.next() * 0.004, process: random.next() * 0.004 }
    const parts: ProcessParts = {
      scheduler,
      server: this.#server,
      topology: this.#shape.topology,
      config,
      logSizes,
      weather: () => (this.#isTrouble ? weather : CALM),
      deaths: () => (this.#isTrouble ? deaths : NO_DEATHS),
      failed: (error) => this.#failed(error),
    }
    this.#processes = Array.from(
      { length: processes },
      (_, i) => new SimulatedProcess(`process-${i}`, parts),
    )
    this.#what = `${this.#shape.name}, ${guarantee}, ${format}, partitions: ${partitions}, processes: ${processes}, threads: ${threads}, rounds beyond: ${logSizes.roundBytesMin}`
  }

  get result(): RunResult {
    const { events, fingerprint, nowMs } = this.#scheduler
    const failure = this.#failure === undefined ? [] : [this.#failure]
    const broken = [...failure, ...this.#invariants.broken]
    return { seed: this.#seed, what: this.#what, broken, events, fingerprint, simulatedMs: nowMs }
  }

  async run(): Promise<void> {
    const scheduler = this.#scheduler
    scheduler.note(this.#what)
    for (const process of this.#processes) process.start()
    this.#feed(80)
    this.#blow()
    this.#clean()
    this.#revive()
    await scheduler.run(() => scheduler.nowMs > TROUBLE_MS, Infinity)
    this.#calm()
    const isDone = (): boolean => this.#failure !== undefined || this.#isDone()
    if (!(await scheduler.run(isDone, scheduler.nowMs + PEACE_MS_MAX))) {
      this.#failure = `not all was processed within ${PEACE_MS_MAX / 1_000} s of peace: ${this.#left()}`
    }
    if (this.#failure !== undefined) return
    this.#isEnding = true
    for (const process of this.#processes) process.stop()
    const areOver = (): boolean =>
      this.#failure !== undefined || this.#processes.every(({ isRunning }) => !isRunning)
    if (!(await scheduler.run(areOver, scheduler.nowMs + PEACE_MS_MAX))) {
      this.#failure ??= 'a process did not stop'
    }
    this.#invariants.ended(this.#inputs)
  }

  /** Inputs come one by one, all before the trouble is over. */
  #feed(count: number): void {
    const { random } = this.#scheduler
    const { partitions, life } = this.#server
    const rows = new RecordBatchBuilder()
    for (let number = 0; number < count; number++) {
      const topic = this.#shape.sources[random.below(this.#shape.sources.length)]!
      const input = { topic, key: `k${random.below(6)}`, group: `g${random.below(4)}`, number }
      this.#inputs.push(input)
      this.#scheduler.after(random.below(TROUBLE_MS), life, `input ${number}`, () => {
        const key = Buffer.from(input.key)
        rows.append(key, Buffer.from(`${number}:${input.group}`), 1_700_000_000_000 + number)
        const partition = partitionFor(key, partitions.topics.get(topic)!)
        partitions.append({ topic, partition }, rows.pack())
        this.#fed += 1
      })
    }
  }

  /** Now and then something goes wrong. */
  #blow(): void {
    const scheduler = this.#scheduler
    const { random } = scheduler
    scheduler.after(random.below(3_000), this.#server.life, 'trouble', () => {
      if (!this.#isTrouble) return
      const process = this.#processes[random.below(this.#processes.length)]!
      const kind = random.below(8)
      if (kind < 2) process.kill()
      else if (kind === 2) process.loseDisk()
      else if (kind === 3) process.sleep(random.below(12_000))
      else if (kind === 4) this.#cut(process, random.below(9_000))
      else if (kind === 5) process.stop()
      else if (kind === 6 && process.clock !== undefined) {
        process.clock.skewMs += random.below(7_200_000) - 3_600_000
      } else if (kind === 7 && random.below(3) === 0) {
        this.#server.life.asleepUntilMs = scheduler.nowMs + random.below(5_000)
      }
      this.#blow()
    })
  }

  /** Changelogs are compacted often. */
  #clean(): void {
    const { partitions, life } = this.#server
    this.#scheduler.after(CLEAN_MS, life, 'compaction', () => {
      for (const [topic, count] of partitions.topics) {
        if (!topic.endsWith('-changelog')) continue
        for (let partition = 0; partition < count; partition++) {
          partitions.compact({ topic, partition })
        }
      }
      this.#clean()
    })
  }

  #cut({ link }: SimulatedProcess, ms: number): void {
    if (link !== undefined) link.downUntilMs = this.#scheduler.nowMs + ms
  }

  /** Who does not run is started again, a little later. */
  #revive(): void {
    const { random } = this.#scheduler
    this.#scheduler.after(200 + random.below(1_500), this.#server.life, 'revives', () => {
      if (!this.#isEnding)
        for (const process of this.#processes) if (!process.isRunning) process.start()
      this.#revive()
    })
  }

  /** From here on all goes well. */
  #calm(): void {
    this.#scheduler.note('peace')
    this.#isTrouble = false
  }

  /** Who is fenced, or whose threads die again and again, may end; it is started again. */
  #failed(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#scheduler.note(`a job failed: ${text}`)
    if (!MAY_END_WITH.has((error as { code?: unknown }).code))
      this.#failure ??= `a job failed: ${text}`
  }

  #isDone(): boolean {
    if (this.#scheduler.nowMs < this.#nextLookMs) return false
    this.#nextLookMs = this.#scheduler.nowMs + LOOK_MS
    if (this.#fed < this.#inputs.length || this.#left() !== '') return false
    return this.#shape.isLate !== true || this.#invariants.resultCount >= this.#inputs.length
  }

  /** The partitions whose rows are not all committed. */
  #left(): string {
    const { partitions } = this.#server
    const left: string[] = []
    for (const [topic, count] of partitions.topics) {
      if (!this.#shape.sources.includes(topic) && !topic.endsWith('-repartition')) continue
      for (let partition = 0; partition < count; partition++) {
        const at = { topic, partition }
        const offset = this.#server.committedOf(at)
        const isStable = partitions.stableEnd(at) === partitions.end(at)
        if (!isStable || partitions.hasRowsFrom({ ...at, offset }))
          left.push(`${topic}/${partition}`)
      }
    }
    return left.join(' ')
  }
}
