// One worker as the main thread sees it: a pool of a single thread, its control port and its vitals.
// Affinity comes from having one pool a worker: nothing is ever balanced between them.
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { ChannelSpec } from '../broker/ports.ts'
import type { ThreadAnswer, ThreadFailure, ThreadRequest, ThreadSpec } from './messages.ts'
import { Vitals } from './vitals.ts'

/** A stream thread ended when it should not have. The code is that of what ended it. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
  readonly code: string

  constructor({ code, message, stack }: ThreadFailure) {
    super(message)
    this.code = code
    if (stack !== undefined) this.stack = stack
  }
}

/** How a thread ended: undefined when it was told to; what ended it, and whether it died or gave up. */
export type ThreadEnd =
  { readonly how: 'stopped' } | { readonly how: 'failed' | 'died'; readonly error: ThreadError }

const YOUNG_GENERATION_MB = 12
const WORKER = new URL('./worker.js', import.meta.url)

export class ThreadHandle {
  readonly threadId: string
  /** Resolves when the thread has ended, however it did. */
  readonly ended: Promise<ThreadEnd>
  readonly vitals: Vitals
  readonly #pool: Piscina
  readonly #control: MessagePort
  readonly #waiting = new Map<number, (answer: ThreadAnswer) => void>()
  readonly #dropped = new Map<number, (error: ThreadError) => void>()
  #lastId = 0
  #end: ThreadEnd | undefined

  /** Starts the thread; its channel's port, if it has one, moves there. */
  constructor(spec: Omit<ThreadSpec, 'control' | 'vitals'>) {
    const { port1, port2 } = new MessageChannel()
    const vitals = Vitals.allocate()
    this.threadId = spec.threadId
    this.vitals = new Vitals(vitals)
    this.#control = port1
    this.#pool = new Piscina({
      filename: WORKER.href,
      name: 'runThread',
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Infinity,
      // What a thread makes lives for a row or for a window: a larger nursery would only be memory.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      // The thread waits on its own signal; piscina's would keep its event loop from turning.
      atomics: 'disabled',
    })
    const thread: ThreadSpec = { ...spec, vitals, control: port2 }
    const transferList = [port2, ...portsOf(spec.channel)]
    port1.on('message', (answer: ThreadAnswer) => this.#answered(answer))
    this.ended = this.#pool
      .run(thread, { transferList })
      .then(
        (failure: ThreadFailure | undefined): ThreadEnd =>
          failure === undefined
            ? { how: 'stopped' }
            : { how: 'failed', error: new ThreadError(failure) },
        (cause: unknown): ThreadEnd => ({ how: 'died', error: deathOf(spec.threadId, cause) }),
      )
      .then((end) => this.#ended(end))
  }

  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  /** Asks the thread and awaits its answer. @throws ThreadError when it ends first. */
  request(request: ThreadRequest): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#errorOf(this.#end))
        return
      }
      this.#lastId += 1
      this.#waiting.set(this.#lastId, resolve)
      this.#dropped.set(this.#lastId, reject)
      this.#control.postMessage({ ...request, id: this.#lastId })
      this.vitals.wake()
    })
  }

  /** Ends the thread by force. It must not be in a transaction: that would end the process with it. */
  async terminate(): Promise<void> {
    await this.#pool.destroy()
  }

  /** Lets the pool of an ended thread go. */
  async release(): Promise<void> {
    this.#control.close()
    await this.#pool.destroy()
  }

  #answered(answer: ThreadAnswer): void {
    const resolve = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    this.#dropped.delete(answer.id)
    resolve?.(answer)
  }

  #ended(end: ThreadEnd): ThreadEnd {
    this.#end = end
    for (const reject of this.#dropped.values()) reject(this.#errorOf(end))
    this.#waiting.clear()
    this.#dropped.clear()
    return end
  }

  #errorOf(end: ThreadEnd): ThreadError {
    if (end.how !== 'stopped') return end.error
    const message = `${this.threadId} has stopped`
    return new ThreadError({ code: 'MILLRACE_THREAD_STOPPED', message, stack: undefined })
  }
}

function portsOf(channel: ChannelSpec): MessagePort[] {
  return 'port' in channel ? [channel.port] : []
}

function deathOf(threadId: string, cause: unknown): ThreadError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ThreadError({
    code: 'MILLRACE_THREAD_DIED',
    message: `${threadId} died: ${why}`,
    stack: cause instanceof Error ? cause.stack : undefined,
  })
}
