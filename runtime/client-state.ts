// The states of a running application, as Kafka Streams names them, and the ways between them.
//
//   CREATED ─► REBALANCING ◄─► RUNNING ─► PENDING_SHUTDOWN ─► NOT_RUNNING
//                   └──────────────┴────► PENDING_ERROR ────► ERROR

/** What an application is doing. */
export type ClientState =
  | 'CREATED'
  | 'REBALANCING'
  | 'RUNNING'
  | 'PENDING_SHUTDOWN'
  | 'NOT_RUNNING'
  | 'PENDING_ERROR'
  | 'ERROR'

const next: Readonly<Record<ClientState, readonly ClientState[]>> = {
  CREATED: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  REBALANCING: ['RUNNING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  RUNNING: ['REBALANCING', 'PENDING_SHUTDOWN', 'PENDING_ERROR'],
  PENDING_SHUTDOWN: ['NOT_RUNNING', 'PENDING_ERROR'],
  NOT_RUNNING: [],
  PENDING_ERROR: ['ERROR'],
  ERROR: [],
}

/** The ordinal of a state, as the metric tells it. */
export function ordinalOf(state: ClientState): number {
  return Object.keys(next).indexOf(state)
}

/** Goes from one state to another, or stays. @throws Error where there is no such way: a mistake in the code. */
export function transition(from: ClientState, to: ClientState): ClientState {
  if (from !== to && !next[from].includes(to)) throw new Error(`no way from ${from} to ${to}`)
  return to
}
