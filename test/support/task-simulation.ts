// All tasks of a job in one thread, over logs in memory: which task steps, and which partition has rows
// at hand, is the test's choice. No worker, no broker, no wall clock.
import type { Environment } from '../../broker/lmdb.ts'
import type { DataPort, PartitionReader, TopicPartition } from '../../broker/ports.ts'
import { setBaseOffset, unpack } from '../../broker/packed-batch.ts'
import type { RecordBatch } from '../../broker/record-batch.ts'
import type { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { GlobalTables } from '../../processors/global-tables.ts'
import { SourceAlignment } from '../../runtime/alignment.ts'
import { layoutOf } from '../../runtime/metrics/layout.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { collectMetrics, type MetricFamily } from '../../runtime/metrics/snapshot.ts'
import { Outputs } from '../../runtime/outputs.ts'
import { dimensionsOf, planOf } from '../../runtime/plan.ts'
import { repartitionsOf } from '../../runtime/repartitions.ts'
import { Task } from '../../runtime/task.ts'
import type { Topology } from '../../topology/topology.ts'
import { ThreadPhases } from '../../runtime/thread-phases.ts'

/** The log of one partition: batches in order. */
interface MemoryLog {
  readonly batches: RecordBatch[]
  end: number
}

export interface SimulationOptions {
  readonly topology: Topology
  readonly applicationId: string
  /** Partitions of all topics but those between the sub-topologies. */
  readonly partitions: ReadonlyMap<string, number>
  readonly driftMs: number
  /** Whether a partition's reader has rows at hand; asked at each poll. */
  readonly isAtHand: (of: TopicPartition) => boolean
  /** First offset of each partition that is not wanted; all are, unless given. */
  readonly stopAt?: number
  /** Where the group says that tasks start; 0 unless given. */
  readonly groupOffset?: number
  /** How long tasks wait for an empty input; as by default unless given. */
  readonly maxTaskIdleMs?: number
  /** After how long without a record event time goes on; never unless given. */
  readonly streamTimeIdleAdvanceMs?: number
  /** Whether stores have changelogs; not unless given. */
  readonly isLogged?: boolean
  /** Keeps the state of tasks. */
  readonly environment: Environment
}

/** A job's tasks, their logs and their clock. */
export class TaskSimulation {
  nowMs = 0
  readonly tasks: readonly Task[]
  readonly #logs = new Map<string, MemoryLog>()
  readonly #isAtHand: SimulationOptions['isAtHand']
  readonly #environment: Environment
  readonly #slab: MetricSlab
  readonly #outputs: Outputs
  readonly #around: ConstructorParameters<typeof Task>[1]

  constructor(options: SimulationOptions) {
    const {
      topology,
      applicationId,
      driftMs,
      maxTaskIdleMs = 0,
      streamTimeIdleAdvanceMs = -1,
    } = options
    const { stopAt = Infinity, groupOffset = 0, isLogged = false } = options
    this.#isAtHand = options.isAtHand
    this.#environment = options.environment
    const inner = repartitionsOf(topology, applicationId, options.partitions)
    const partitions = new Map([
      ...options.partitions,
      ...inner.map(({ name, partitions: count }) => [name, count] as const),
    ])
    const plan = planOf(topology, applicationId, partitions, { isLogged })
    const dimensions = dimensionsOf(topology, plan)
    this.#slab = MetricSlab.create(dimensions, 'simulation', layoutOf(dimensions))
    const port = this.portWith(this.#environment)
    this.#outputs = new Outputs(port, this.#slab, plan.partitions)
    const buffer = SourceAlignment.allocate(plan.alignmentSlots)
    this.#around = {
      topology,
      plan,
      formats: {},
      time: { maxTaskIdleMs, timestampFutureMaxMs: -1, streamTimeIdleAdvanceMs },
      rowsMax: Infinity,
      port,
      outputs: this.#outputs,
      metrics: this.#slab,
      phases: new ThreadPhases(this.#slab),
      alignment: new SourceAlignment(buffer, plan.alignmentSlots, driftMs),
      unmatched: () => undefined,
      globals: new GlobalTables(topology.nodes, () => undefined),
    }
    this.tasks = plan.tasks.map((spec) => {
      const inputs = spec.inputs.map(() => ({ offset: groupOffset, inputStart: 0, stopAt }))
      const task = new Task({ spec, inputs, changelogs: [] }, this.#around)
      task.open()
      return task
    })
  }

  /** One step of a task a millisecond later; what it writes is at hand for others at once. */
  step(task: Task): number {
    this.nowMs += 1
    const rows = task.step(this.nowMs)
    task.emit(this.nowMs)
    this.#outputs.flush()
    return rows
  }

  /** Appends rows to a partition as one batch. */
  append(of: TopicPartition, rows: RecordBatchBuilder): void {
    const log = this.#logOf(of)
    const packed = rows.pack()
    setBaseOffset(packed, log.end)
    const batch = unpack(packed)
    log.batches.push(batch)
    log.end += batch.count
  }

  /** Whether a task has input that it has not read: frames without rows are input, too. */
  hasUnread(task: Task): boolean {
    return task.starts.some((start) => start.offset < this.#logOf(start).end)
  }

  /** What a partition has, batch by batch. */
  batchesOf(of: TopicPartition): readonly RecordBatch[] {
    return this.#logOf(of).batches
  }

  get metrics(): MetricFamily[] {
    return collectMetrics([this.#slab])
  }

  close(): void {
    for (const task of this.tasks) task.close()
  }

  /** A port over the same logs for state that lies somewhere else. */
  portWith(environment: Environment): DataPort {
    return {
      transactional: false,
      pendingBytes: 0,
      openReader: (from) => this.#reader(from),
      produce: (target, rows) => this.append(target, rows),
      openState: () => environment,
      closeState: () => undefined,
      commit: () => undefined,
      close: () => undefined,
    }
  }

  #logOf({ topic, partition }: TopicPartition): MemoryLog {
    const name = `${topic}/${partition}`
    let log = this.#logs.get(name)
    if (log === undefined) this.#logs.set(name, (log = { batches: [], end: 0 }))
    return log
  }

  #reader({ topic, partition }: TopicPartition): PartitionReader {
    const log = this.#logOf({ topic, partition })
    let next = 0
    let position = 0
    return {
      topic,
      partition,
      poll: () => {
        const batch = log.batches[next]
        if (batch === undefined || !this.#isAtHand({ topic, partition })) return undefined
        next += 1
        position += batch.count
        return batch
      },
      get position() {
        return position
      },
      get end() {
        return log.end
      },
      close: () => undefined,
    }
  }
}
