// The connection of one process to the simulated broker. Requests arrive in their order, late, twice or not at
// all, and so do the answers; what is not answered is asked again, as a Kafka client does.
import { BrokerError } from '../../broker/ports.ts'
import type { Life, Scheduler } from './scheduler.ts'
import type { Server } from './server.ts'

/** How bad the network is. */
export interface Weather {
  readonly delayMsMax: number
  /** Share of messages that are lost, either way. */
  readonly lost: number
  /** Share of requests that arrive twice. */
  readonly twice: number
}

/** Something on its way. */
interface Message {
  readonly what: string
}

const ANSWER_MS_MAX = 400
const AGAIN_MS = 10
const DIES_ON_ITS_WAY = 0.3

/** What a process asks the broker through. */
export class Link {
  /** Nothing passes before. */
  downUntilMs = 0
  readonly server: Server
  readonly life: Life
  readonly scheduler: Scheduler
  readonly #weather: () => Weather
  #lastArrivalMs = 0
  readonly #lanes = new Map<string, Message[]>()

  constructor(scheduler: Scheduler, life: Life, server: Server, weather: () => Weather) {
    this.scheduler = scheduler
    this.life = life
    this.server = server
    this.#weather = weather
  }

  /**
   * Asks until there is an answer that is not undefined.
   * @throws what `handle` throws at the broker; BrokerError MILLRACE_BROKER_UNREACHABLE after `msMax`.
   */
  ask<T>(what: string, handle: () => T | undefined, msMax = 30_000): Promise<T> {
    const deadlineMs = this.scheduler.nowMs + msMax
    return new Promise((resolve, reject) => {
      let attempts = 0
      const attempt = (): void => {
        attempts += 1
        const own = attempts
        const isOver = (): boolean => own !== attempts
        const again = (): void => {
          if (isOver()) return
          if (this.scheduler.nowMs < deadlineMs) return attempt()
          attempts += 1
          reject(unreachable(what))
        }
        this.#send(what, handle, (answer) => {
          if (isOver()) return
          if ('error' in answer) {
            attempts += 1
            reject(answer.error)
          } else if (answer.value === undefined) {
            this.scheduler.after(AGAIN_MS, this.life, `asks again: ${what}`, again)
          } else {
            attempts += 1
            resolve(answer.value)
          }
        })
        this.scheduler.after(ANSWER_MS_MAX, this.life, `no answer: ${what}`, again)
      }
      attempt()
    })
  }

  /**
   * Tells the broker something, in order with all that is told over the same `lane`. What is on its way when
   * its sender dies may arrive, and nothing that comes after what does not.
   */
  tell(lane: string, what: string, handle: () => void, done: (error?: unknown) => void): void {
    const { scheduler, life, server } = this
    const waiting = this.#lanes.get(lane) ?? []
    this.#lanes.set(lane, waiting)
    const message: Message = { what }
    waiting.push(message)
    const arrive = (): void => {
      if (life.isOver && scheduler.chance(DIES_ON_ITS_WAY)) waiting.length = 0
      if (!waiting.includes(message)) return
      if (waiting[0] !== message || this.downUntilMs > scheduler.nowMs) {
        return scheduler.after(AGAIN_MS, server.life, `${life.name} ${what}`, arrive)
      }
      waiting.shift()
      const error = caught(handle)
      scheduler.after(this.#delay(), life, `acknowledged: ${what}`, () => done(error))
    }
    scheduler.after(this.#delay(), server.life, `${life.name} ${what}`, arrive)
  }

  #send<T>(
    what: string,
    handle: () => T | undefined,
    answered: (answer: { value: T | undefined } | { error: Error }) => void,
  ): void {
    const { scheduler, life } = this
    if (this.#isLost()) return
    const times = scheduler.chance(this.#weather().twice) ? 2 : 1
    this.#arrives(what, () => {
      for (let i = 0; i < times; i++) {
        let answer: { value: T | undefined } | { error: Error }
        try {
          answer = { value: handle() }
        } catch (error) {
          answer = { error: error as Error }
        }
        if (this.#isLost()) continue
        scheduler.after(this.#delay(), life, `answer: ${what}`, () => answered(answer))
      }
    })
  }

  /** In their order; what is on its way arrives though its sender dies. */
  #arrives(what: string, work: () => void): void {
    const { scheduler } = this
    const atMs = Math.max(this.#lastArrivalMs + 0.001, scheduler.nowMs + this.#delay())
    this.#lastArrivalMs = atMs
    scheduler.after(atMs - scheduler.nowMs, this.server.life, `${this.life.name} ${what}`, work)
  }

  #delay(): number {
    return this.scheduler.random.below(this.#weather().delayMsMax) + this.scheduler.random.next()
  }

  #isLost(): boolean {
    return this.downUntilMs > this.scheduler.nowMs || this.scheduler.chance(this.#weather().lost)
  }
}

function caught(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

function unreachable(what: string): BrokerError {
  const message = `${what}: no answer`
  return new BrokerError('MILLRACE_BROKER_UNREACHABLE', message, { retriable: true })
}
