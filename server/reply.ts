// What a route answers, without any HTTP; http-server.ts sends it.

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Beside those that every reply has. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A reply that goes on: events as they happen (server-sent events, by the HTML standard). */
export interface EventReply {
  /** Has a function called with the text of each event. @returns what ends that. */
  readonly events: (send: (text: string) => void) => () => void
}

const TEXT = 'text/plain; charset=utf-8'
const HTML = 'text/html; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'

/** A reply of one line of text. */
export function plain(status: number, line: string): Reply {
  return { status, contentType: TEXT, body: `${line}\n` }
}

/** A reply that sends on to another path. */
export function redirect(path: string): Reply {
  return { ...plain(308, path), headers: { location: path } }
}

/** A page. */
export function html(body: string): Reply {
  return { status: 200, contentType: HTML, body }
}

/** A reply of a value as JSON. */
export function jsonReply(status: number, value: unknown): Reply {
  return jsonTextReply(status, JSON.stringify(value, null, 2))
}

/** A reply of what is JSON already. */
export function jsonTextReply(status: number, json: string): Reply {
  return { status, contentType: JSON_TYPE, body: `${json}\n` }
}

/** The same without the indentation for people, where there is much. */
export function compactReply(value: unknown): Reply {
  return { status: 200, contentType: JSON_TYPE, body: `${JSON.stringify(value)}\n` }
}
