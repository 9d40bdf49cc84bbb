// What the stores hold, whichever instance has it: what this one has, and what the others add. Kafka Streams'
// interactive queries leave asking the others to the user; here an instance does it.
import type { StoreInfo, StoreResult } from '../runtime/store-queries.ts'
import type { StoreQuery, StoreRowJson } from '../runtime/store-query.ts'

/** Where the server finds state. */
export interface StoreSources {
  readonly stores: readonly StoreInfo[]
  /** @throws QueryError */
  readonly ask: (query: StoreQuery) => Promise<StoreResult>
  /** Servers of the other instances, `host:port`. */
  readonly peers: () => readonly string[]
}

/** Under which all of this is. */
export const STORES_PATH = '/stores'

const PEER_MS_MAX = 2_000

/** Why there is no answer for a partition: it is being restored, or no instance that was reached has it. */
export type Missing = 'restoring' | 'elsewhere'

/** An answer of all instances that were reached. */
export interface Found {
  readonly kind: string | undefined
  /** As the threads have written them. */
  readonly rows: readonly StoreRowJson[]
  readonly isCut: boolean
  /** By partition. */
  readonly missing: Readonly<Record<string, Missing>>
}

/** What another instance answers. */
interface Answer extends Omit<Found, 'rows'> {
  readonly rows: readonly unknown[]
}

/** What this instance has, with what the others add where that is wanted and something is missing. */
export async function gathered(
  { peers }: StoreSources,
  query: StoreQuery,
  own: StoreResult,
  parameters: URLSearchParams,
): Promise<Found> {
  const missing: Record<string, Missing> = {}
  for (const partition of own.restoring) missing[partition] = 'restoring'
  for (const partition of own.elsewhere) missing[partition] = 'elsewhere'
  const rows = [...own.rows]
  let { isCut } = own
  let kind: string | undefined = own.kind
  const isComplete = query.key !== undefined && rows.length > 0 && !isCut
  if (own.elsewhere.length > 0 && parameters.get('scope') !== 'instance' && !isComplete) {
    const asked = new URLSearchParams(parameters)
    asked.set('scope', 'instance')
    if (query.key !== undefined) asked.set('key', query.key)
    const path = `${STORES_PATH}/${encodeURIComponent(query.store)}?${asked.toString()}`
    const answers = await Promise.all(known(peers).map((peer) => ask(`http://${peer}${path}`)))
    for (const answer of answers) {
      if (answer === undefined) continue
      rows.push(...answer.rows.map((row) => JSON.stringify(row)))
      isCut ||= answer.isCut
      kind ??= answer.kind
      for (const partition of own.elsewhere) {
        const there = answer.missing[partition]
        if (there === undefined) delete missing[partition]
        else if (there === 'restoring') missing[partition] = there
      }
    }
  }
  return {
    kind,
    rows: rows.slice(0, query.limit),
    isCut: isCut || rows.length > query.limit,
    missing,
  }
}

/** Brokers that do not answer know of nobody. */
function known(peers: () => readonly string[]): readonly string[] {
  try {
    return peers()
  } catch {
    return []
  }
}

/** Asks another instance; undefined when it does not answer. */
async function ask(url: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PEER_MS_MAX) })
    const isAnswer = response.headers.get('content-type')?.startsWith('application/json') === true
    return isAnswer ? ((await response.json()) as Answer) : undefined
  } catch {
    return undefined
  }
}
