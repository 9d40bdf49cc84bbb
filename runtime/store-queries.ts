// Asks the stores of one instance: the threads that own their tasks answer between two steps. The server
// calls it, and puts together what several instances answer.
import type { Assignment } from './assignment.ts'
import type { ThreadAnswer, ThreadRequest } from './messages.ts'
import { storeNamesOf, type Plan } from './plan.ts'
import type { StaleState, StoreAnswer, StoreKind } from './store-query.ts'
import type { StoreQuery, StoreRowJson } from './store-query.ts'

/** A store, and where its partitions are. */
export interface StoreInfo {
  readonly name: string
  /** Of a global table or store, which each instance has whole and which has no partitions; else left out. */
  readonly isGlobal?: true
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
  /** Partitions whose rows are of state that is behind, where such was allowed. */
  readonly stale: ReadonlyMap<number, StaleState>
  /** Partitions that this instance has, and is restoring, and of which nothing was asked for. */
  readonly restoring: readonly number[]
  /** Partitions that it does not have, or has copies of that were not asked for. */
  readonly elsewhere: readonly number[]
  /** Milliseconds that its threads took, together. */
  readonly tookMs: number
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
  /** Global tables and stores by name, with the topics that they are read from. */
  readonly globals: ReadonlyMap<string, string>
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
    const { plan, globals, threadIds } = this.#parts
    const names = threadIds()
    const global = [...globals.keys()].map((name) => {
      return { name, isGlobal: true, partitions: [] } as const
    })
    const stores = storeNamesOf(plan).map((name) => {
      const owners = this.#owners(name)
      const partitions = this.#partitionsOf(name).map((partition) => {
        const thread = owners.get(partition)
        return { partition, thread: thread === undefined ? null : names[thread]! }
      })
      return { name, partitions }
    })
    return [...stores, ...global]
  }

  /**
   * Asks a store.
   * @throws QueryError when there is no such store, or it cannot answer that.
   */
  async ask(query: StoreQuery): Promise<StoreResult> {
    const { store, limit } = query
    if (this.#parts.globals.has(store)) return this.#askGlobal(query)
    const partitions = this.#partitionsOf(store)
    if (partitions.length === 0) throw this.#unknown(store)
    const owners = this.#owners(store)
    // Any thread may have copies.
    const threads =
      query.allowStale === true
        ? this.#parts.threadIds().map((_, thread) => thread)
        : [...new Set(owners.values())]
    const answers = await Promise.all(threads.map((thread) => this.#askThread(thread, query)))
    const known = answers.filter((answer): answer is StoreAnswer => answer !== undefined)
    const rows = known.flatMap((answer) => answer.rows)
    const answered = known.flatMap((answer) => answer.partitions).sort((one, other) => one - other)
    const stale = new Map(known.flatMap((answer) => answer.stale))
    const there = new Set([...answered, ...stale.keys()])
    const kind = known.find((answer) => answer.kind !== undefined)?.kind
    return {
      store,
      kind,
      rows: rows.slice(0, limit),
      isCut: rows.length > limit || known.some((answer) => answer.isCut),
      answered,
      stale,
      restoring: partitions.filter((each) => owners.has(each) && !there.has(each)),
      elsewhere: partitions.filter((each) => !owners.has(each) && !there.has(each)),
      tookMs: known.reduce((sum, answer) => sum + (answer.tookMs ?? 0), 0),
    }
  }

  /** Every thread has all of it: the first that answers will do. */
  async #askGlobal(query: StoreQuery): Promise<StoreResult> {
    const { plan, globals, threadIds } = this.#parts
    const { store } = query
    let answer: StoreAnswer | undefined
    for (let thread = 0; thread < threadIds().length && answer === undefined; thread++) {
      answer = await this.#askThread(thread, query)
    }
    const { kind, rows = [], isCut = false, isLoaded = false, tookMs = 0 } = answer ?? {}
    const count = plan.partitions[globals.get(store)!] ?? 1
    const partitions = Array.from({ length: count }, (_, partition) => partition)
    const [answered, restoring] = isLoaded ? [partitions, []] : [[], partitions]
    const stale = new Map<number, StaleState>()
    return { store, kind, rows, isCut, answered, stale, restoring, elsewhere: [], tookMs }
  }

  /**
   * Undefined for a thread that ends meanwhile: it is replaced, and its tasks restored.
   * @throws QueryError when the store cannot answer that.
   */
  async #askThread(thread: number, query: StoreQuery): Promise<StoreAnswer | undefined> {
    const answer = await this.#parts.request(thread, { kind: 'query', query }).then(
      (one) => one.store,
      () => undefined,
    )
    if (answer?.refused === undefined) return answer
    const why = `store ${query.store} cannot answer that: ${answer.refused}`
    throw new QueryError('MILLRACE_QUERY', why)
  }

  #unknown(name: string): QueryError {
    const names = this.stores.map((store) => store.name)
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
