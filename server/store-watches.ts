// Tells who watches stores what has changed in them. Stores are asked as any client asks them, all instances
// too, and what differs from the last answer is sent: who watches little sees each change within moments,
// and what changes twice between two answers is told once. routes.ts answers /watch with it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreQuery } from '../runtime/store-query.ts'
import type { EventReply, Reply } from './reply.ts'
import { gathered, type Found, type StoreSources } from './store-answers.ts'
import { BadRequest, queryOf, refusalOf } from './store-question.ts'

/** Between two rounds of asking, at the least. */
const PERIOD_MS = 25
/**
 * Of the time that was worked for a round, so many times as much belongs to the job before the next one. What is
 * only waited for, as threads that are in the middle of a step, does not count: it would make what is late later.
 */
const REST_FACTOR = 9
/** Where nothing changes, an event without rows tells that it is so. */
const SILENCE_MS_MAX = 5_000
const STORES_MAX = 8
const LIMIT = 1_000

type Send = (text: string) => void

/** All stores that somebody watches; each question is asked once a round, whoever else asks it. */
export class StoreWatches {
  readonly #sources: StoreSources
  readonly #watched = new Map<string, WatchedStore>()
  readonly #onError: (error: unknown) => void
  #isFollowing = false

  /** `onError` is told when stores could not be asked; the watchers get no events meanwhile. */
  constructor(sources: StoreSources, onError: (error: unknown) => void) {
    this.#sources = sources
    this.#onError = onError
  }

  /**
   * Answers `/watch?store=NAME&store=…`: events, each a `StoreEvent` of one of the stores.
   * @param target path and query of the request; parameters as those of `/stores/NAME` hold for each store.
   */
  async reply(target: string): Promise<Reply | EventReply> {
    try {
      const questions = questionsOf(target)
      // Whoever asks for what cannot be is told so before anything is sent.
      for (const { query } of questions) await this.#sources.ask(query)
      return { events: (send) => this.#open(questions, send) }
    } catch (error) {
      return refusalOf(error)
    }
  }

  #open(questions: readonly Question[], send: Send): () => void {
    const opened = questions.map((question) => {
      const name = JSON.stringify([question.query, question.parameters.get('scope')])
      const watched = this.#watched.get(name) ?? new WatchedStore(question)
      this.#watched.set(name, watched)
      watched.add(send)
      return { name, watched }
    })
    if (!this.#isFollowing) void this.#follow()
    return () => {
      for (const { name, watched } of opened) {
        if (watched.remove(send)) this.#watched.delete(name)
      }
    }
  }

  async #follow(): Promise<void> {
    this.#isFollowing = true
    while (this.#watched.size > 0) {
      const workedMs = await this.#round()
      await sleep(Math.max(PERIOD_MS, workedMs * REST_FACTOR), undefined, { ref: false })
    }
    this.#isFollowing = false
  }

  /** Asks all stores once. @returns the milliseconds that all of them took. */
  async #round(): Promise<number> {
    const looks = [...this.#watched.values()].map((each) => each.look(this.#sources))
    let workedMs = 0
    for (const look of await Promise.allSettled(looks)) {
      if (look.status === 'fulfilled') workedMs += look.value
      else this.#onError(look.reason)
    }
    return workedMs
  }
}

/** One question that is asked again and again. */
interface Question {
  readonly query: StoreQuery
  readonly parameters: URLSearchParams
}

function questionsOf(target: string): Question[] {
  const { searchParams: parameters } = new URL(target, 'http://localhost')
  const stores = [...new Set(parameters.getAll('store'))]
  if (stores.length === 0 || stores.length > STORES_MAX) {
    throw new BadRequest(`name 1 to ${STORES_MAX} stores: /watch?store=NAME&store=OTHER`)
  }
  parameters.delete('store')
  if (parameters.has('stale')) {
    throw new BadRequest('who watches gets no stale rows: ask /stores/NAME?stale=true for them')
  }
  const limit = parameters.get('limit') ?? String(LIMIT)
  if (Number(limit) > LIMIT) throw new BadRequest(`limit=${limit} is more than ${LIMIT}`)
  parameters.set('limit', limit)
  return stores.map((store) => ({ query: queryOf(store, undefined, parameters), parameters }))
}

/** What tells a row from the others of its store. */
interface Identity {
  readonly json: string
  readonly partition: number
}

class WatchedStore {
  readonly #question: Question
  /** By whom, and whether they have had all rows. */
  readonly #watchers = new Map<Send, boolean>()
  /** As they were in the last answer, by their text. */
  #rows = new Map<string, Identity>()
  #about = ''
  #toldMs = 0

  constructor(question: Question) {
    this.#question = question
  }

  add(send: Send): void {
    this.#watchers.set(send, false)
  }

  /** @returns whether nobody is left. */
  remove(send: Send): boolean {
    this.#watchers.delete(send)
    return this.#watchers.size === 0
  }

  /** Asks, and tells what has changed. @returns the milliseconds that threads, this one and others took for it. */
  async look(sources: StoreSources): Promise<number> {
    const { query, parameters } = this.#question
    const own = await sources.ask(query)
    const startMs = performance.now()
    const found = await gathered(sources, query, own, parameters)
    const changes = this.#take(found)
    const { isCut, missing } = found
    const about = JSON.stringify({ isCut, missing }).slice(1, -1)
    const isNews = changes.rows.length + changes.removed.length > 0 || about !== this.#about
    const isDue = performance.now() - this.#toldMs >= SILENCE_MS_MAX
    this.#about = about
    if (isNews || isDue) this.#toldMs = performance.now()
    for (const [send, isBegun] of [...this.#watchers]) {
      if (!isBegun) this.#watchers.set(send, true)
      const told = isBegun ? changes : { rows: [...this.#rows.keys()], removed: [] }
      if (isNews || isDue || !isBegun) send(this.#event(!isBegun, told))
    }
    return own.tookMs + performance.now() - startMs
  }

  #event(
    isWhole: boolean,
    { rows, removed }: { readonly rows: readonly string[]; readonly removed: readonly string[] },
  ): string {
    const store = JSON.stringify(this.#question.query.store)
    const lists = `"rows":[${rows.join(',')}],"removed":[${removed.join(',')}]`
    return `{"store":${store},"isWhole":${isWhole},${lists},${this.#about}}`
  }

  /** Keeps an answer. Of partitions that nobody answered for, rows are as they were. */
  #take({ rows, missing }: Found): { rows: string[]; removed: string[] } {
    const next = new Map<string, Identity>()
    const changed: string[] = []
    for (const row of rows) {
      const known = this.#rows.get(row)
      if (known === undefined) changed.push(row)
      next.set(row, known ?? identityOf(row))
    }
    const there = new Set([...next.values()].map(({ json }) => json))
    const removed: string[] = []
    for (const [row, identity] of this.#rows) {
      if (there.has(identity.json)) continue
      if (missing[identity.partition] === undefined) removed.push(identity.json)
      else next.set(row, identity)
    }
    this.#rows = next
    return { rows: changed, removed }
  }
}

function identityOf(row: string): Identity {
  const { key, window, partition } = JSON.parse(row) as Record<string, unknown>
  return { json: JSON.stringify({ key, window, partition }), partition: Number(partition) }
}
