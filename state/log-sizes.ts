// How large the log of a store's changes gets before all of it is written anew.

/** When stores are written anew. */
export interface LogSizes {
  /** A store's log is written anew as a snapshot when it has grown to this, and to twice the snapshot. */
  readonly snapshotBytesMin: number
  /** Stores with more keys and values than this are not written as a snapshot, but round after round. */
  readonly roundBytesMin: number
}

/** Those that jobs have; a test can have what comes with much state come with little. */
export const LOG_SIZES: LogSizes = { snapshotBytesMin: 1_048_576, roundBytesMin: 16_777_216 }
