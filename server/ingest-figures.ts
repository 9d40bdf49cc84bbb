// What is told of posts at /metrics.
import {
  SideCounts,
  sideFamily,
  single,
  type SideFamily,
} from '../runtime/metrics/side-catalogue.ts'

/** Counts posts and their records. */
export class IngestFigures {
  readonly #requests = new SideCounts()
  readonly #records = new SideCounts()
  readonly #waiting: () => number
  #bytes = 0

  /** `waiting` says how many bytes are not answered yet; series of `topics` are there from the start. */
  constructor(topics: readonly string[], waiting: () => number) {
    this.#waiting = waiting
    this.#requests.add({ code: '200' }, 0)
    for (const topic of topics) this.#records.add({ topic, result: 'written' }, 0)
  }

  /** As of now, for `renderMetrics`. */
  get families(): readonly SideFamily[] {
    return [
      sideFamily('kafka_rest_requests_total', this.#requests.samples),
      sideFamily('kafka_rest_records_total', this.#records.samples),
      sideFamily('kafka_rest_request_bytes_total', single(this.#bytes)),
      sideFamily('kafka_rest_waiting_bytes', single(this.#waiting())),
    ]
  }

  /** A post was answered with a status. */
  answered(status: number): void {
    this.#requests.add({ code: String(status) }, 1)
  }

  /** A body was read to its end. */
  read(bytes: number): void {
    this.#bytes += bytes
  }

  /** The broker took records of a topic that may be posted to, or did not. */
  posted(topic: string, written: number, refused: number): void {
    if (written > 0) this.#records.add({ topic, result: 'written' }, written)
    if (refused > 0) this.#records.add({ topic, result: 'refused' }, refused)
  }
}
