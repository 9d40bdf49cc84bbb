// How a stream thread is started, and what is left in the hands of the main thread. thread-handle.ts asks
// for it; worker-launch.ts starts workers, a simulation steps its threads by itself.
import type { DataPort } from '../broker/ports.ts'
import type { LogSizes } from '../state/log-sizes.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { Clock } from './clock.ts'
import type { NumberedRequest, ThreadAnswer, ThreadFailure, ThreadSpec } from './messages.ts'

/** The thread's end of its requests. */
export interface ThreadControl {
  /** The next request that has come, without waiting for one. */
  next(): NumberedRequest | undefined
  answer(answer: ThreadAnswer): void
}

/** What a stream thread works with. */
export interface ThreadParts {
  readonly port: DataPort
  readonly control: ThreadControl
  /** What reads rows with declared fields; the one in TypeScript where it is not given. */
  readonly readerOf?: RowReaderFactory | undefined
  /** See `StateMemoryOptions`; without it all state stays in memory. */
  readonly spillPath?: string | undefined
  /** When stores are written anew; `LOG_SIZES` where left out. */
  readonly logSizes?: LogSizes | undefined
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
}

/** Times of an event loop, ms. To one that waits by Atomics it is `active` meanwhile. */
export interface LoopTimes {
  readonly active: number
  readonly idle: number
}

/** A thread that was started. */
export interface LaunchedThread {
  /** Resolves with undefined after an orderly stop, or with what made it give up; rejects when it died. */
  readonly ended: Promise<ThreadFailure | undefined>
  post(request: NumberedRequest): void
  /** What its event loop did since it began, ms; undefined before that. Left out where there is none. */
  loopTimes?(): LoopTimes | undefined
  /** Ends it by force, and lets go of what it had. It may have ended. */
  destroy(): Promise<void>
}

/** Starts a thread; `answered` is called with each of its answers. */
export type LaunchThread = (
  spec: Omit<ThreadSpec, 'control'>,
  answered: (answer: ThreadAnswer) => void,
) => LaunchedThread
