// Where the time of a commit interval went, in the words of Spark's `durationMs`. Part of the progress report.
import type { CommitResult } from './committer.ts'
import { MetricRises } from './metric-rises.ts'
import type { MetricSlab } from './metrics/slab.ts'

/**
 * Whole milliseconds, the keys in Spark's order; without `triggerExecution` they add up to no more than that. What
 * is left is waiting for records. There is no `latestOffset`: the clients hear of the ends of topics as they read.
 */
export interface ProgressDurations {
  /** Running records and punctuators, and waiting for the broker to take what they gave. */
  readonly addBatch: number
  readonly commitOffsets: number
  /** Reading and decoding. */
  readonly getBatch: number
  readonly triggerExecution: number
  readonly walCommit: number
}

/** What one thread did. */
interface Work {
  readonly pollSeconds: number
  readonly runSeconds: number
}

/** Tells the intervals of one run. */
export class DurationTeller {
  readonly #rises = new MetricRises()

  /** The threads' metrics begin anew. */
  clear(): void {
    this.#rises.clear()
  }

  /**
   * Of threads side by side the one with most to do counts: it is what holds up the others at the commit.
   * @param triggerExecution the whole interval, ms.
   */
  of(
    { prepareMs, saveMs, commitMs }: CommitResult,
    slabs: readonly MetricSlab[],
    triggerExecution: number,
  ): ProgressDurations {
    let leftMs = triggerExecution
    const take = (ms: number): number => {
      const taken = Math.min(Math.floor(ms), leftMs)
      leftMs -= taken
      return taken
    }
    const walCommit = take(prepareMs + saveMs)
    const commitOffsets = take(commitMs)
    const { pollSeconds, runSeconds } = this.#busiest(slabs)
    const getBatch = take(pollSeconds * 1_000)
    const addBatch = take(runSeconds * 1_000)
    return { addBatch, commitOffsets, getBatch, triggerExecution, walCommit }
  }

  #busiest(slabs: readonly MetricSlab[]): Work {
    const name = 'kafka_stream_thread_phase_seconds_total'
    const work = slabs.map((slab): Work => {
      const rises = this.#rises.by([slab], name, 'phase')
      const of = (phase: string): number => rises.get(phase) ?? 0
      return {
        pollSeconds: of('poll'),
        runSeconds: of('process') + of('punctuate') + of('blocked'),
      }
    })
    this.#rises.settle()
    const none: Work = { pollSeconds: 0, runSeconds: 0 }
    return work.reduce((most, each) => (sumOf(each) > sumOf(most) ? each : most), none)
  }
}

function sumOf({ pollSeconds, runSeconds }: Work): number {
  return pollSeconds + runSeconds
}
