// What the stores hold, whichever instance has it: what this one has, and what the others add. Kafka Streams'
// interactive queries leave asking the others to the user; here an instance does it.
import type { StoreInfo, StoreResult } from '../runtime/store-queries.ts'
import type { StaleState, StoreQuery, StoreRowJson } from '../runtime/store-query.ts'
import { filled, type BehindAnswer } from './stale-answers.ts'
import { staleAllowed } from './store-question.ts'

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
  /** By partition how far behind its rows are; undefined where the caller does not take such. */
  readonly stale?: Readonly<Record<string, StaleState>> | undefined
}

/** What another instance answers. */
interface Answer extends Omit<Found, 'rows'> {
  readonly rows: readonly unknown[]
}

/**
 * What this instance has, with what the others add where that is wanted and something is missing. For what is
 * missing even so, those answer that have it as it was, where the caller takes that.
 */
export async function gathered(
  sources: StoreSources,
  query: StoreQuery,
  own: StoreResult,
  parameters: URLSearchParams,
): Promise<Found> {
  const scope = parameters.get('scope') === 'instance' ? 'instance' : 'all'
  const found = await ofOwners(sources, query, own, scope === 'all' ? parameters : undefined)
  if (!staleAllowed(parameters)) return found
  const isDone = Object.keys(found.missing).length === 0 || isComplete(query, found)
  if (isDone) return { ...found, stale: {} }
  const [behind, others] = await Promise.all([
    sources.ask({ ...query, allowStale: true }),
    scope === 'all' ? askAll(sources, query, parameters, true) : [],
  ])
  const answers: BehindAnswer[] = others.map((answer) => {
    return { ...answer, rows: textsOf(answer), stale: answer.stale ?? {} }
  })
  const stale = Object.fromEntries(behind.stale)
  return filled(found, [{ ...behind, missing: missingIn(behind), stale }, ...answers], query.limit)
}

/** What those know that run the tasks. @param parameters left out where no others are to be asked. */
async function ofOwners(
  sources: StoreSources,
  query: StoreQuery,
  own: StoreResult,
  parameters: URLSearchParams | undefined,
): Promise<Found> {
  const missing = missingIn(own)
  const rows = [...own.rows]
  let { isCut } = own
  let kind: string | undefined = own.kind
  if (own.elsewhere.length > 0 && parameters !== undefined && !isComplete(query, own)) {
    for (const answer of await askAll(sources, query, parameters, false)) {
      rows.push(...textsOf(answer))
      isCut ||= answer.isCut
      kind ??= answer.kind
      for (const partition of own.elsewhere) {
        const there = answer.missing[partition]
        if (there === undefined) delete missing[partition]
        else if (there === 'restoring') missing[partition] = there
      }
    }
  }
  isCut ||= rows.length > query.limit
  return { kind, rows: rows.slice(0, query.limit), isCut, missing }
}

/** Whether nobody else can add anything: a key is in one partition. */
function isComplete({ key }: StoreQuery, { rows, isCut }: Pick<Found, 'rows' | 'isCut'>): boolean {
  return key !== undefined && rows.length > 0 && !isCut
}

function missingIn({ restoring, elsewhere }: StoreResult): Record<string, Missing> {
  const missing: Record<string, Missing> = {}
  for (const partition of restoring) missing[partition] = 'restoring'
  for (const partition of elsewhere) missing[partition] = 'elsewhere'
  return missing
}

const textsOf = ({ rows }: Answer): string[] => rows.map((row) => JSON.stringify(row))

/** What the other instances know by themselves; those that do not answer are left out. */
async function askAll(
  { peers }: StoreSources,
  query: StoreQuery,
  parameters: URLSearchParams,
  isStaleAllowed: boolean,
): Promise<Answer[]> {
  const asked = new URLSearchParams(parameters)
  asked.set('scope', 'instance')
  asked.delete('stale')
  if (isStaleAllowed) asked.set('stale', 'true')
  if (query.key !== undefined) asked.set('key', query.key)
  const path = `${STORES_PATH}/${encodeURIComponent(query.store)}?${asked.toString()}`
  const answers = await Promise.all(known(peers).map((peer) => ask(`http://${peer}${path}`)))
  return answers.filter((answer) => answer !== undefined)
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
