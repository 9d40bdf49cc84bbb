// Of what a client died: its error says no more than that it did, its log says why, a moment earlier or later.
import { setTimeout as sleep } from 'node:timers/promises'
import { RdCode, type RdClient, type RdError } from './rd-client.ts'

/** What the log calls the line of a client's death. */
const FATAL = 'FATAL'
const THREAD = /^\[thrd:[^\]]*\]: /
const WAIT_MS_MAX = 500

/** Listens to a client's log. */
export class LastWords {
  #heard: string | undefined
  readonly #hearing: Promise<void>

  constructor(client: RdClient) {
    this.#hearing = new Promise((heard) => {
      client.on('event.log', ({ fac, message }) => {
        if (fac !== FATAL) return
        this.#heard ??= message.replace(THREAD, '')
        heard()
      })
    })
  }

  /** Why the client cannot go on, as it says by itself. */
  async of({ code, message }: Pick<RdError, 'code' | 'message'>): Promise<string> {
    if (code !== RdCode.fatal) return message
    await Promise.race([this.#hearing, sleep(WAIT_MS_MAX, undefined, { ref: false })])
    return this.#heard ?? message
  }
}
