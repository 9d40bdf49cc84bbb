// The state of the application over HTTP: what its stores hold, whichever instance has it. Kafka Streams'
// interactive queries leave asking the others to the user; here an instance does it.
import type { StoreInfo, StoreResult } from '../runtime/store-queries.ts'
import type { StoreQuery, StoreRowJson } from '../runtime/store-query.ts'
import { jsonReply, jsonTextReply, plain, type Reply } from './reply.ts'

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

const LIMIT = 100
const LIMIT_MAX = 10_000
const PEER_MS_MAX = 2_000
const PARAMETERS = ['key', 'fromKey', 'toKey', 'from', 'to', 'limit', 'scope']

/** Why there is no answer for a partition: it is being restored, or no instance that was reached has it. */
type Missing = 'restoring' | 'elsewhere'

interface Found {
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

/** The caller asked for what cannot be. */
class BadRequest extends Error {}

/**
 * Answers `/stores`, `/stores/NAME` and `/stores/NAME/KEY`.
 * @param target path and query of the request.
 */
export async function storesReply(sources: StoreSources, target: string): Promise<Reply> {
  const { pathname, searchParams } = new URL(target, 'http://localhost')
  try {
    const [name, key, ...rest] = pathname
      .slice(STORES_PATH.length + 1)
      .split('/')
      .map(decoded)
    if (name === undefined || name === '') return jsonReply(200, { stores: sources.stores })
    if (rest.length > 0) throw new BadRequest('a "/" in a key is written %2F')
    const query = queryOf(name, key, searchParams)
    const own = await sources.ask(query)
    const found = await gathered(sources, query, own, searchParams)
    const { missing, rows } = found
    const body = bodyOf(name, found)
    if (query.key === undefined || rows.length > 0) return jsonTextReply(200, body)
    // Where the key would be cannot be told from here: a partition without an answer may have it.
    return jsonTextReply(Object.keys(missing).length > 0 ? 503 : 404, body)
  } catch (error) {
    if (error instanceof BadRequest) return plain(400, error.message)
    const { code, message } = error as { code?: unknown; message: string }
    if (code === 'MILLRACE_STORE_UNKNOWN') return plain(404, message)
    if (code === 'MILLRACE_QUERY') return plain(400, message)
    throw error
  }
}

/** Rows are JSON already, and one a line; there may be ten thousand. */
function bodyOf(store: string, { rows, ...found }: Found): string {
  const fields = Object.entries({ store, ...found })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  "${name}": ${JSON.stringify(value)}`)
  const list = rows.length === 0 ? '[]' : `[\n    ${rows.join(',\n    ')}\n  ]`
  return `{\n${[...fields, `  "rows": ${list}`].join(',\n')}\n}`
}

function queryOf(store: string, key: string | undefined, parameters: URLSearchParams): StoreQuery {
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw new BadRequest(`no parameter ${name}: there is ${PARAMETERS.join(', ')}`)
    }
  }
  const text = (name: string): string | undefined => parameters.get(name) ?? undefined
  const limit = Number(text('limit') ?? LIMIT)
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new BadRequest(`limit=${text('limit')} is not a whole number from 1 to ${LIMIT_MAX}`)
  }
  return {
    store,
    key: key ?? text('key'),
    fromKey: text('fromKey'),
    toKey: text('toKey'),
    fromMs: epochMs('from', text('from')),
    toMs: epochMs('to', text('to')),
    limit,
  }
}

function epochMs(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  throw new BadRequest(`${name}=${text} is no time: give epoch ms, or one as 2018-12-31T23:57:00Z`)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new BadRequest(`${part} is not percent-encoded text`)
  }
}

/** What this instance has, with what the others add where that is wanted and something is missing. */
async function gathered(
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
