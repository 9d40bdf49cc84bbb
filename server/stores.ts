// The state of the application over HTTP: what its stores hold, whichever instance has it.
import { jsonReply, jsonTextReply, type Reply } from './reply.ts'
import { gathered, STORES_PATH, type Found, type StoreSources } from './store-answers.ts'
import { BadRequest, decoded, queryOf, refusalOf } from './store-question.ts'

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
    return refusalOf(error)
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
