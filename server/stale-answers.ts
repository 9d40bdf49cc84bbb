// Fills what is missing in an answer with state that is behind: copies that instances keep of each other's tasks,
// and what is being restored (Kafka Streams' KIP-535). Of several the one that lacks the least is taken.
import type { StaleState, StoreRowJson } from '../runtime/store-query.ts'
import type { Found, Missing } from './store-answers.ts'

/** What one instance knows, with what is behind. */
export interface BehindAnswer extends Pick<Found, 'kind' | 'isCut' | 'missing'> {
  readonly rows: readonly StoreRowJson[]
  readonly stale: Readonly<Record<string, StaleState>>
}

/** The answer, with the rows of partitions that it lacked. */
export function filled(found: Found, answers: readonly BehindAnswer[], limit: number): Found {
  const missing: Record<string, Missing> = {}
  const stale: Record<string, StaleState> = {}
  const takenFrom = new Map<BehindAnswer, Set<number>>()
  for (const [partition, why] of Object.entries(found.missing)) {
    const [best] = answers
      .filter((answer) => answer.missing[partition] === undefined)
      .sort((one, other) => lagOf(one, partition) - lagOf(other, partition))
    if (best === undefined) {
      missing[partition] = why
      continue
    }
    const state = best.stale[partition]
    // One that has come to run it meanwhile is behind nothing.
    if (state !== undefined) stale[partition] = state
    takenFrom.set(best, (takenFrom.get(best) ?? new Set()).add(Number(partition)))
  }
  const rows = [...found.rows]
  let { isCut, kind } = found
  for (const [answer, partitions] of takenFrom) {
    rows.push(...answer.rows.filter((row) => partitions.has(partitionOf(row))))
    isCut ||= answer.isCut
    kind ??= answer.kind
  }
  isCut ||= rows.length > limit
  return { kind, rows: rows.slice(0, limit), isCut, missing, stale }
}

const lagOf = ({ stale }: BehindAnswer, partition: string): number => stale[partition]?.lag ?? -1

function partitionOf(row: StoreRowJson): number {
  return Number((JSON.parse(row) as { readonly partition?: unknown }).partition)
}
