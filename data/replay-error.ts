// What can go wrong in a replay, apart from the file (RowsError) and the broker (BrokerError).

/** A replay that cannot go on. The message names the place and says what to do. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError'
  readonly code:
    | 'MILLRACE_REPLAY_ROW'
    | 'MILLRACE_REPLAY_SORT'
    | 'MILLRACE_REPLAY_PACE'
    | 'MILLRACE_REPLAY_REPEAT'

  constructor(code: ReplayError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }
}
