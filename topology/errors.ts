// Errors of building a topology, of serdes, and of the tables that both fill: thrown at build or per record.

/** A topology was put together wrongly. The message names the node and says how to mend it. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
  readonly code = 'MILLRACE_TOPOLOGY'
  /** The node's name, or the topology's where the fault is in no single node. */
  readonly node: string

  /** Names the node, and says what to do. */
  constructor(node: string, message: string) {
    super(`${node}: ${message}`)
    this.node = node
  }
}

/** Bytes could not be read as, or a value not written as, what a serde declares. */
export class SerdeError extends Error {
  override readonly name = 'SerdeError'
  readonly code = 'MILLRACE_SERDE'
}

/** A table of a task is as large as one can be, or the system gives it no more memory. */
export class TableFullError extends Error {
  override readonly name = 'TableFullError'
  readonly code = 'MILLRACE_TABLE_FULL'
}
