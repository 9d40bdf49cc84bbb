// Where a task keeps what it saves: the part of an LMDB environment that tasks use, so that a port in
// memory can be such a place, too. Asked for by DataPort.openState.

/** A table of binary values under binary keys, in the byte order of the keys. */
export interface StateTable {
  get(key: Buffer): Buffer | undefined
  getBinary(key: Buffer): Buffer | undefined
  /** Valid until the table is used again. As long as its `length` says, though its buffer may go on. */
  getBinaryFast(key: Buffer): Uint8Array | undefined
  /** Takes a copy of the value. */
  putSync(key: Buffer, value: Uint8Array): void
  /** Takes the value itself, which its giver does not change any more: only where the table lies in memory. */
  keepSync?(key: Buffer, value: Uint8Array): void
  removeSync(key: Uint8Array): void
  /** The entries from `start` up to, and without, `end`. */
  getRange(range: StateRange): Iterable<{ key: unknown; value: Buffer }>
  getKeys(range: StateRange): Iterable<Uint8Array>
}

export interface StateRange {
  readonly start: Buffer
  readonly end: Buffer
}

/** The tables of a task. */
export interface StateEnvironment {
  /** What was wrong with what lay here before: it is deleted, for other places have the state. */
  readonly damage?: string
  /** Whether all of it is gone when it is closed: what a task has taken in need not be kept here. */
  readonly isVolatile?: boolean
  /** A named table, created when missing. Open tables outside of transactions that may fail. */
  table(name: string): StateTable
  /** Runs `work`; what it writes is undone when it throws. A transaction within another joins it. */
  transaction<T>(work: () => T): T
  close(): void
}
