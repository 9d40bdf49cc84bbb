// Server-sent events over a connection that stays open: as many watchers as there is room for, each of
// which must read what it asked for. Used by http-server.ts.
import type { ServerResponse } from 'node:http'
import type { EventReply } from './reply.ts'

/** Connections that watch at the same time. */
const WATCHERS_MAX = 32
/** A watcher that has so many bytes still to read when the next event comes does not read: it is let go. */
const UNREAD_BYTES_MAX = 1_048_576

/** The watchers of one server. */
export class EventStreams {
  #watchers = 0

  /** @returns false where there are as many watchers as there may be. */
  open({ events }: EventReply, response: ServerResponse, headers: Record<string, string>): boolean {
    if (this.#watchers === WATCHERS_MAX) return false
    this.#watchers += 1
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
    response.flushHeaders()
    const stop = events((text) => {
      if (response.writableLength > UNREAD_BYTES_MAX) response.destroy()
      else response.write(`data: ${text}\n\n`)
    })
    response.once('close', () => {
      this.#watchers -= 1
      stop()
    })
    return true
  }
}
