// What a simulated process has written and the broker has not acknowledged.
import type { TopicPartition } from '../../broker/ports.ts'
import type { Link } from './link.ts'

/** In whose transaction rows are written. */
export interface ProducerEpoch {
  readonly id: string
  readonly epoch: number
}

/** The rows of one process on their way. */
export class Outbox {
  readonly #link: Link
  #waiting = 0
  #failure: unknown
  #waiters: (() => void)[] = []

  constructor(link: Link) {
    this.#link = link
  }

  /** Sends rows; `done` is called when they are the broker's, or refused. */
  send(
    to: TopicPartition,
    packed: ArrayBuffer,
    producer: ProducerEpoch | undefined,
    done: () => void,
  ): void {
    const { server } = this.#link
    const lane = `${to.topic}/${to.partition}`
    this.#waiting += 1
    this.#link.tell(
      lane,
      `rows for ${lane}`,
      () => server.produce(to, packed, producer),
      (error) => {
        done()
        this.#waiting -= 1
        this.#failure ??= error
        this.#tell()
      },
    )
  }

  /** Resolves when all rows are acknowledged; rejects when one was refused. */
  async flush(): Promise<void> {
    while (this.#waiting > 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
    if (this.#failure !== undefined) throw this.#failure as Error
  }

  /** Resolves when nothing is on its way any more, however that went. */
  async settled(): Promise<void> {
    while (this.#waiting > 0) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
    this.#failure = undefined
  }

  #tell(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }
}
