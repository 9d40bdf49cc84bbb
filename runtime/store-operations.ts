// Counts the operations on a store, and at `metrics.recording.level=DEBUG` tells what they take: its methods
// are replaced. Kafka Streams: MeteredKeyValueStore and its kin. Used by a task when it opens.
import type { TaskStore } from '../processors/processor.ts'
import type { Counter } from './metrics/slab.ts'

/** As the metrics name them. */
export type StoreOperation =
  'put' | 'get' | 'delete' | 'range' | 'all' | 'fetch' | 'flush' | 'restore'

/** Where the operations on one store are told. */
export interface OperationsObserver {
  /** The total of an operation; asked for once by each method. */
  readonly counter: (operation: StoreOperation) => Pick<Counter, 'add'>
  /** Takes what packing the store's changes for a commit took, in seconds; always measured, once a commit. */
  readonly saved?: ((seconds: number) => void) | undefined
  /** Takes the duration of one operation in seconds; left out where nobody wants to know. */
  readonly observe?: ((operation: StoreOperation, seconds: number) => void) | undefined
}

/** Scans of one store. */
export interface OpenIterators {
  /** Begun, and neither read to their end nor left by a loop that was. */
  readonly open: number
}

/** Methods of the stores that give a value; those that are in none of them are passed over. */
const METHODS: Readonly<Record<string, StoreOperation>> = {
  ...{ put: 'put', putIfAbsent: 'put', putSession: 'put', update: 'put', add: 'put', hold: 'put' },
  ...{ find: 'get', get: 'get', getWithTimestamp: 'get', getAsOf: 'get', versions: 'get' },
  ...{ priorOf: 'get', first: 'get' },
  ...{ delete: 'delete', deleteAsOf: 'delete', remove: 'delete', removeFirst: 'delete' },
  ...{ fetch: 'fetch', fetchSession: 'fetch', collect: 'fetch', collectTimes: 'fetch' },
  ...{ collectAll: 'all', pack: 'flush', packRound: 'flush', restore: 'restore' },
}

/** Those that give an iterator. */
const SCANS: Readonly<Record<string, StoreOperation>> = {
  ...{ fetchRange: 'fetch', backwardFetchRange: 'fetch' },
  ...{ findSessions: 'fetch', backwardFindSessions: 'fetch' },
  ...{ fetchSessions: 'fetch', backwardFetchSessions: 'fetch' },
  ...{ range: 'range', reverseRange: 'range', prefixScan: 'range' },
  ...{ fetchKeys: 'range', backwardFetchKeys: 'range' },
  ...{ all: 'all', reverseAll: 'all', backwardAll: 'all' },
  ...{ fetchAll: 'all', backwardFetchAll: 'all' },
}

/** No method of a store takes more; what is left out is undefined there as it is here. */
type Method<T = unknown> = (a?: unknown, b?: unknown, c?: unknown, d?: unknown) => T

/**
 * From now on every operation on the store is told. Of one that calls another only the outer one is; a scan
 * is one operation, which takes what its steps take. Counts by window are kept row by row: they say
 * themselves how many that were (`TaskStore.puts`).
 */
export function observeOperations(store: TaskStore, observer: OperationsObserver): OpenIterators {
  const watch = new Watch(observer)
  replace(store, METHODS, (method, operation) => watch.operation(method, operation))
  replace(store, SCANS, (method, operation) => {
    return watch.scan(method as Method<Iterator<unknown, undefined>>, operation)
  })
  return watch
}

function replace(
  store: TaskStore,
  names: Readonly<Record<string, StoreOperation>>,
  by: (method: Method, operation: StoreOperation) => Method,
): void {
  const methods = store as unknown as Record<string, unknown>
  for (const [name, operation] of Object.entries(names)) {
    const method = methods[name]
    if (typeof method !== 'function') continue
    methods[name] = by((method as Method).bind(store), operation)
  }
}

class Watch implements OpenIterators {
  open = 0
  readonly observer: OperationsObserver
  /** Whether an operation is running: what it calls is a part of it. */
  isInside = false

  constructor(observer: OperationsObserver) {
    this.observer = observer
  }

  operation(method: Method, operation: StoreOperation): Method {
    const { counter, saved, observe } = this.observer
    const total = counter(operation)
    if (operation === 'flush') return this.#flush(method, { total, saved, observe })
    // Runs for each record.
    return (a, b, c, d) => {
      if (this.isInside) return method(a, b, c, d)
      this.isInside = true
      const startMs = observe === undefined ? 0 : performance.now()
      try {
        const result = method(a, b, c, d)
        total.add(1)
        observe?.(operation, (performance.now() - startMs) / 1_000)
        return result
      } finally {
        this.isInside = false
      }
    }
  }

  /** Runs once a commit; one without changes saves nothing, and is none. */
  #flush(
    method: Method,
    {
      total,
      saved,
      observe,
    }: Omit<OperationsObserver, 'counter'> & { total: Pick<Counter, 'add'> },
  ): Method {
    return (a) => {
      if (this.isInside) return method(a)
      this.isInside = true
      const startMs = performance.now()
      try {
        const result = method(a)
        if (result === undefined) return result
        const seconds = (performance.now() - startMs) / 1_000
        total.add(1)
        saved?.(seconds)
        observe?.('flush', seconds)
        return result
      } finally {
        this.isInside = false
      }
    }
  }

  scan(method: Method<Iterator<unknown, undefined>>, operation: StoreOperation): Method {
    const total = this.observer.counter(operation)
    return (a, b, c, d) => {
      const scan = method(a, b, c, d)
      if (this.isInside) return scan
      total.add(1)
      return new WatchedScan(scan, operation, this)
    }
  }
}

/** A scan that is told of when it is over or left. */
class WatchedScan implements IterableIterator<unknown, undefined> {
  readonly #steps: Iterator<unknown, undefined>
  readonly #operation: StoreOperation
  readonly #watch: Watch
  #seconds = 0
  #isOpen = false
  #isOver = false

  constructor(steps: Iterator<unknown, undefined>, operation: StoreOperation, watch: Watch) {
    this.#steps = steps
    this.#operation = operation
    this.#watch = watch
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<unknown, undefined> {
    if (this.#isOver) return { done: true, value: undefined }
    const watch = this.#watch
    const { observe } = watch.observer
    if (!this.#isOpen) {
      this.#isOpen = true
      watch.open += 1
    }
    const startMs = observe === undefined ? 0 : performance.now()
    const step = this.#steps.next()
    if (observe !== undefined) this.#seconds += (performance.now() - startMs) / 1_000
    if (step.done === true) this.return()
    return step
  }

  return(): IteratorResult<unknown, undefined> {
    if (this.#isOpen && !this.#isOver) {
      this.#watch.open -= 1
      this.#watch.observer.observe?.(this.#operation, this.#seconds)
    }
    this.#isOver = true
    return { done: true, value: undefined }
  }
}
