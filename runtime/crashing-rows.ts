// Finds what threads die of. A thread that takes the place of a dead one notes each row before it runs, and what
// it does between rows; where threads die again and again `onError` decides, and the run ends where it cannot.
// Kafka Streams has nothing of the kind: there such a record ends one instance after the other.
import { failuresOf } from '../processors/failures.ts'
import type { Forward, TaskContext } from '../processors/processor.ts'
import type { ReadingGuard } from '../processors/parse.ts'
import type { ErrorPolicy } from '../topology/policies.ts'
import type { PunctuationType, Punctuator } from '../topology/process.ts'
import type { Plan } from './plan.ts'
import type { RowInWork, Vitals } from './vitals.ts'

/**
 * What threads die of between rows, as it is noted: such a number in the place of the topic's, that of the task in
 * the place of the partition, and of a punctuator its own in the place of the offset.
 */
const BETWEEN = { 'stream-time': -2, 'wall-clock': -3, emission: -4, opening: -5 } as const
const WORDS = new Map<number, string>([
  [BETWEEN.emission, 'it let out what was held back (windows that close, updates)'],
  [BETWEEN.opening, 'it read the stores and made the processors'],
])

/** What a death tells: nothing; that it is tried again; that a policy decides from now on; or why none can. */
export type Verdict = 'unknown' | 'again' | 'found' | { readonly message: string }

/** What a thread is told that takes the place of a dead one. */
export interface CarefulSpec {
  /** Rows that are not to be run any more. */
  readonly crashing: readonly RowInWork[]
  /** How often threads have died in each of them. */
  readonly deaths: number
}

/** On the main thread: counts the deaths by what was in work. */
export class CrashingRows {
  readonly #deathsMax: number
  readonly #tasks: Plan['tasks']
  readonly #deaths = new Map<string, { readonly row: RowInWork; count: number }>()

  /**
   * @param retries how often a row is tried again in which a thread died.
   * @param tasks those of the plan.
   */
  constructor(retries: number, tasks: Plan['tasks']) {
    this.#deathsMax = retries + 1
    this.#tasks = tasks
  }

  /** A thread died. */
  died(vitals: Vitals): Verdict {
    const row = vitals.rowInWork
    if (row === undefined) return 'unknown'
    const name = nameOf(row)
    const known = this.#deaths.get(name) ?? { row, count: 0 }
    known.count += 1
    this.#deaths.set(name, known)
    if (known.count < this.#deathsMax) return 'again'
    const what = WORDS.get(row.topic)
    if (what === undefined) return known.count === this.#deathsMax ? 'found' : 'again'
    const task = this.#tasks[row.partition]?.taskId
    return {
      message: `a thread has died ${timesOf(known.count)} while ${what} of task ${task}: no record is in work there that onError could decide on; see what the topology does at that place`,
    }
  }

  /** What the next thread is told. */
  get spec(): CarefulSpec {
    const found = [...this.#deaths.values()].filter(({ count }) => count >= this.#deathsMax)
    return { crashing: found.map(({ row }) => row), deaths: this.#deathsMax }
  }
}

/** In a worker: notes each row on its way from an input, and stops those that threads die of. */
export class CarefulRows {
  readonly #vitals: Vitals
  readonly #topics: readonly string[]
  readonly #tasks: ReadonlyMap<string, number>
  readonly #crashing: readonly RowInWork[]
  readonly #deaths: number

  /** @param plan by the numbers of its topics and tasks all is noted. */
  constructor({ crashing, deaths }: CarefulSpec, vitals: Vitals, plan: Plan) {
    this.#vitals = vitals
    this.#topics = Object.keys(plan.partitions)
    this.#tasks = new Map(plan.tasks.map(({ taskId }, number) => [taskId, number]))
    this.#crashing = crashing
    this.#deaths = deaths
  }

  /**
   * What is to run in the place of `next`, behind a node that reads a topic.
   * @param isOfMany whether one record of the topic carries several rows.
   */
  guard(
    next: Forward,
    { node, isOfMany }: { readonly node: string; readonly isOfMany: boolean },
    policy: ErrorPolicy,
    context: TaskContext,
  ): Forward {
    const failed = failuresOf(node, policy, context)
    const vitals = this.#vitals
    return (record) => {
      const { place } = context
      if (place === undefined) return next(record)
      const { partition, offset } = place
      const topic = this.#topics.indexOf(place.topic)
      const row = isOfMany ? place.row : 0
      if (this.#isCrashing(topic, partition, offset, row)) return failed(this.#deathOf())
      vitals.beginRow(topic, partition, offset, row)
      next(record)
      vitals.endRow()
    }
  }

  /** Guards rows of a partition while their bytes are read, by one of the parse nodes of the topic. */
  reader(name: string, partition: number, parser: number): ReadingGuard {
    const topic = this.#topics.indexOf(name)
    // Nothing runs yet: no row of those that a record may carry has such a number.
    const row = -1 - parser
    const why = `a thread has died ${this.#times} while it read this record; malformed of its node decides on it`
    return {
      begin: (offset) => {
        if (this.#isCrashing(topic, partition, offset, row)) return new Error(why)
        this.#vitals.beginRow(topic, partition, offset, row)
        return undefined
      },
      end: () => this.#vitals.endRow(),
    }
  }

  /**
   * What is to be called in the place of a punctuator. It throws instead where threads die of it.
   * @param number how many the task has made before.
   */
  punctuator(
    type: PunctuationType,
    { taskId, number }: { readonly taskId: string; readonly number: number },
    punctuate: Punctuator,
  ): Punctuator {
    const task = this.#tasks.get(taskId)!
    const why = `a thread has died ${this.#times} in this punctuator of task ${taskId}: it is not called any more, and onError of its node decides`
    return (timeMs) => {
      if (this.#isCrashing(BETWEEN[type], task, number, 0)) throw new Error(why)
      this.#noted(BETWEEN[type], task, number, () => punctuate(timeMs))
    }
  }

  /** Does what a task does between rows. */
  during<T>(what: 'emission' | 'opening', taskId: string, work: () => T): T {
    return this.#noted(BETWEEN[what], this.#tasks.get(taskId)!, 0, work)
  }

  #noted<T>(what: number, task: number, number: number, work: () => T): T {
    this.#vitals.beginRow(what, task, number, 0)
    try {
      return work()
    } finally {
      this.#vitals.endRow()
    }
  }

  /** There are few, and mostly none. */
  #isCrashing(topic: number, partition: number, offset: number, row: number): boolean {
    for (const at of this.#crashing) {
      if (at.offset !== offset || at.row !== row) continue
      if (at.topic === topic && at.partition === partition) return true
    }
    return false
  }

  get #times(): string {
    return timesOf(this.#deaths)
  }

  #deathOf(): Error {
    return new Error(
      `a thread has died ${this.#times} while it ran this record alone; onError of the topology decides on it`,
    )
  }
}

const timesOf = (deaths: number): string => (deaths === 1 ? 'once' : `${deaths} times`)
const nameOf = ({ topic, partition, offset, row }: RowInWork): string =>
  `${topic}/${partition}/${offset}/${row}`
