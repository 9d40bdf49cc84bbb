// One thread as the main thread sees it: its requests, its vitals and its end.
import type { LaunchedThread, LaunchThread, LoopTimes } from './launch.ts'
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

/** What the thread has not answered yet. */
interface WaitingRequest {
  readonly id: number
  readonly resolve: (answer: ThreadAnswer) => void
  readonly reject: (error: ThreadError) => void
}

export class ThreadHandle {
  readonly threadId: string
  /** Resolves when the thread has ended, however it did. */
  readonly ended: Promise<ThreadEnd>
  readonly vitals: Vitals
  readonly #thread: LaunchedThread
  /** A few at most. No map, since these come and go with each commit: see `ThreadCommits.save`. */
  #waiting: WaitingRequest[] = []
  #lastId = 0
  #end: ThreadEnd | undefined

  /** Starts the thread. */
  constructor(spec: Omit<ThreadSpec, 'control' | 'vitals'>, launch: LaunchThread) {
    const vitals = Vitals.allocate()
    this.threadId = spec.threadId
    this.vitals = new Vitals(vitals)
    this.#thread = launch({ ...spec, vitals }, (answer) => this.#answered(answer))
    this.ended = this.#thread.ended
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

  /** What its event loop did; undefined where nobody knows. */
  get loopTimes(): LoopTimes | undefined {
    return this.hasEnded ? undefined : this.#thread.loopTimes?.()
  }

  /** Asks the thread and awaits its answer. @throws ThreadError when it ends first. */
  request(request: ThreadRequest): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#errorOf(this.#end))
        return
      }
      this.#lastId += 1
      this.#waiting.push({ id: this.#lastId, resolve, reject })
      this.#thread.post({ id: this.#lastId, ...request })
      this.vitals.wake()
    })
  }

  /** Ends the thread by force. It must not be in a transaction: that would end the process with it. */
  async terminate(): Promise<void> {
    await this.#thread.destroy()
  }

  /** Lets go of what an ended thread had. */
  async release(): Promise<void> {
    await this.#thread.destroy()
  }

  #answered(answer: ThreadAnswer): void {
    const at = this.#waiting.findIndex(({ id }) => id === answer.id)
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.resolve(answer)
  }

  #ended(end: ThreadEnd): ThreadEnd {
    this.#end = end
    for (const { reject } of this.#waiting) reject(this.#errorOf(end))
    this.#waiting = []
    return end
  }

  #errorOf(end: ThreadEnd): ThreadError {
    if (end.how !== 'stopped') return end.error
    const message = `${this.threadId} has stopped`
    return new ThreadError({ code: 'MILLRACE_THREAD_STOPPED', message, stack: undefined })
  }
}

function deathOf(threadId: string, cause: unknown): ThreadError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ThreadError({
    code: 'MILLRACE_THREAD_DIED',
    message: `${threadId} died: ${why}`,
    stack: cause instanceof Error ? cause.stack : undefined,
  })
}
