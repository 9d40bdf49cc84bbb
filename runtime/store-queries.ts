// Asks the stores of one instance: the threads that own their tasks answer between two steps. The server
// calls it, and puts together what several instances answer.
import type { Assignment } from './assignment.ts'
import type { ThreadAnswer, ThreadRequest } from './messages.ts'
import { storeNamesOf, type Plan } from './plan.ts'
import type { StoreAnswer, StoreKind, StoreQuery, StoreRowJson } from './store-query.ts'

/** A store, and where its partitions are. */
export interface StoreInfo {
  readonly name: string
  readonly partitions: readonly {
    readonly partition: number
    /** The thread of this instance that has it; null where another instance has it, or none. */
    readonly thread: string | null
  }[]
}

/** What an instance knows of a store. */
export interface StoreResult {
  readonly store: string
  /** Undefined where no task that was asked has it open. */
  readonly kind: StoreKind | undefined
  readonly rows: readonly StoreRowJson[]
  /** Whether there are more entries than were wanted. */
  readonly isCut: boolean
  /** Partitions whose tasks have answered. */
  readonly answered: readonly number[]
  /** Partitions that this instance has, and is restoring. */
  readonly restoring: readonly number[]
  /** Partitions that it does not have. */
  readonly elsewhere: readonly number[]
}

/** A question that no store of the application can answer. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly code: 'MILLRACE_STORE_UNKNOWN' | 'MILLRACE_QUERY'

  constructor(code: QueryError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** What is asked on the main thread. */
export interface QueriesParts {
  readonly plan: Plan
  readonly assignment: Assignment
  readonly threadIds: () => readonly string[]
  readonly request: (thread: number, request: ThreadRequest) => Promise<ThreadAnswer>
}

/** The stores of an application, as far as this instance has them. */
export class StoreQueries {
  readonly #parts: QueriesParts

  constructor(parts: QueriesParts) {
    this.#parts = parts
  }

  /** All stores of the application that have a name of their own. */
  get stores(): StoreInfo[] {
    const { plan, threadIds } = this.#parts
    const names = threadIds()
    return storeNamesOf(plan).map((name) => {
      const owners = this.#owners(name)
      const partitions = this.#partitionsOf(name).map((partition) => {
        const thread = owners.get(partition)
        return { partition, thread: thread === undefined ? null : names[thread]! }
      })
      return { name, partitions }
    })
  }

  /**
   * Asks a store.
   * @throws QueryError when there is no such store, or it cannot answer that.
   */
  async ask(query: StoreQuery): Promise<StoreResult> {
    const { store, limit } = query
    const partitions = this.#partitionsOf(store)
    if (partitions.length === 0) throw this.#unknown(store)
    const owners = this.#owners(store)
    const threads = [...new Set(owners.values())]
    // A thread that ends meanwhile is replaced, and its tasks restored.
    const answers = await Promise.all(
      threads.map((thread) =>
        this.#parts.request(thread, { kind: 'query', query }).then(
          (answer) => answer.store,
          () => undefined,
        ),
      ),
    )
    const known = answers.filter((answer): answer is StoreAnswer => answer !== undefined)
    const refused = known.find((answer) => answer.refused !== undefined)?.refused
    if (refused !== undefined) {
      throw new QueryError('MILLRACE_QUERY', `store ${store} cannot answer that: ${refused}`)
    }
    const rows = known.flatMap((answer) => answer.rows)
    const answered = known.flatMap((answer) => answer.partitions).sort((one, other) => one - other)
    const kind = known.find((answer) => answer.kind !== undefined)?.kind
    return {
      store,
      kind,
      rows: rows.slice(0, limit),
      isCut: rows.length > limit || known.some((answer) => answer.isCut),
      answered,
      restoring: partitions.filter((each) => owners.has(each) && !answered.includes(each)),
      elsewhere: partitions.filter((each) => !owners.has(each)),
    }
  }

  #unknown(name: string): QueryError {
    const names = storeNamesOf(this.#parts.plan)
    const there = names.length === 0 ? 'the application has none' : `there is ${names.join(', ')}`
    return new QueryError('MILLRACE_STORE_UNKNOWN', `no store ${name}: ${there}`)
  }

  #partitionsOf(store: string): number[] {
    return this.#parts.plan.tasks
      .filter(({ stores }) => stores.includes(store))
      .map(({ partition }) => partition)
  }

  /** Threads of this instance by the partition of the store that they have. */
  #owners(store: string): Map<number, number> {
    const owners = new Map<number, number>()
    for (const [thread, tasks] of this.#parts.assignment.all) {
      for (const { stores, partition } of tasks) {
        if (stores.includes(store)) owners.set(partition, thread)
      }
    }
    return owners
  }
}
