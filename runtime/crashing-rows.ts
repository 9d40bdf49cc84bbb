// Finds the record that threads die of. A thread that takes the place of a dead one notes each row before
// it runs; a row in which threads die again and again is handed to the topology's `onError` instead.
// Kafka Streams has nothing of the kind: there such a record ends one instance after the other.
import { failuresOf } from '../processors/failures.ts'
import type { Forward, TaskContext } from '../processors/processor.ts'
import type { ReadingGuard } from '../processors/parse.ts'
import type { ErrorPolicy } from '../topology/policies.ts'
import type { RowInWork, Vitals } from './vitals.ts'

/** What a thread is told that takes the place of a dead one. */
export interface CarefulSpec {
  /** Rows that are not to be run any more. */
  readonly crashing: readonly RowInWork[]
  /** How often threads have died in each of them. */
  readonly deaths: number
}

/** On the main thread: counts the deaths by the rows that were in work. */
export class CrashingRows {
  readonly #deathsMax: number
  readonly #deaths = new Map<string, { readonly row: RowInWork; count: number }>()

  /** @param retries how often a row is tried again in which a thread died. */
  constructor(retries: number) {
    this.#deathsMax = retries + 1
  }

  /** A thread died. @returns whether that decided on a row. */
  died(vitals: Vitals): boolean {
    const row = vitals.rowInWork
    if (row === undefined) return false
    const name = nameOf(row)
    const known = this.#deaths.get(name) ?? { row, count: 0 }
    known.count += 1
    this.#deaths.set(name, known)
    return known.count === this.#deathsMax
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
  readonly #crashing: readonly RowInWork[]
  readonly #deaths: number

  /** @param topics those of the plan, by whose numbers rows are noted. */
  constructor({ crashing, deaths }: CarefulSpec, vitals: Vitals, topics: readonly string[]) {
    this.#vitals = vitals
    this.#topics = topics
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

  /** There are few, and mostly none. */
  #isCrashing(topic: number, partition: number, offset: number, row: number): boolean {
    for (const at of this.#crashing) {
      if (at.offset !== offset || at.row !== row) continue
      if (at.topic === topic && at.partition === partition) return true
    }
    return false
  }

  get #times(): string {
    return this.#deaths === 1 ? 'once' : `${this.#deaths} times`
  }

  #deathOf(): Error {
    return new Error(
      `a thread has died ${this.#times} while it ran this record alone; onError of the topology decides on it`,
    )
  }
}

const nameOf = ({ topic, partition, offset, row }: RowInWork): string =>
  `${topic}/${partition}/${offset}/${row}`
