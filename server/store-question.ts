// What is asked of stores over HTTP: a question as parameters of a URL, and what is said to one that cannot
// be. stores.ts and store-watches.ts read it.
import type { StoreQuery } from '../runtime/store-query.ts'
import { plain, type Reply } from './reply.ts'

const LIMIT = 100
const LIMIT_MAX = 10_000
const PARAMETERS = ['key', 'fromKey', 'toKey', 'from', 'to', 'limit', 'scope', 'stale']

/** The caller asked for what cannot be. */
export class BadRequest extends Error {}

/** What is said to a question that cannot be answered. @throws the error where it is of another kind */
export function refusalOf(error: unknown): Reply {
  if (error instanceof BadRequest) return plain(400, error.message)
  const { code, message } = error as { code?: unknown; message: string }
  if (code === 'MILLRACE_STORE_UNKNOWN') return plain(404, message)
  if (code === 'MILLRACE_QUERY') return plain(400, message)
  throw error
}

/** The question that parameters ask of a store. @throws BadRequest */
export function queryOf(
  store: string,
  key: string | undefined,
  parameters: URLSearchParams,
): StoreQuery {
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
  staleAllowed(parameters)
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

/** Whether the caller takes state that is behind where no other can be had. @throws BadRequest */
export function staleAllowed(parameters: URLSearchParams): boolean {
  const text = parameters.get('stale') ?? 'false'
  if (text === 'true' || text === 'false') return text === 'true'
  throw new BadRequest(`stale=${text} is neither true nor false`)
}

function epochMs(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  throw new BadRequest(`${name}=${text} is no time: give epoch ms, or one as 2018-12-31T23:57:00Z`)
}

/** A part of a path as it was meant. @throws BadRequest */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new BadRequest(`${part} is not percent-encoded text`)
  }
}
