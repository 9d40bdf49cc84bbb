// Tables with history: what operators that keep one take, and what such tables may not do.
import type { DurationMs } from './duration.ts'

/** How a table is kept. */
export interface HistoryOption {
  /**
   * Keeps former versions for this long behind the latest time put (KIP-889): updates that come out of
   * order go where they belong, and those that are older still are dropped and counted.
   */
  readonly history?: DurationMs
}

/** A spec with `history` as nodes have it. */
export function withHistoryMs<S extends HistoryOption>(
  spec: S,
): Omit<S, 'history'> & { readonly historyMs?: number } {
  const { history, ...rest } = spec
  return history === undefined ? rest : { ...rest, historyMs: history }
}
