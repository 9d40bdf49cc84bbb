// Looks again and again whether topics have come or gone that a pattern of a source matches. start-streams.ts
// starts it where a job has patterns.
import { BrokerError, type Broker } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { Clock } from './clock.ts'
import type { RunLog } from './run-log.ts'

/** A directory is looked at for nothing. */
const EMBEDDED_MS = 1_000
/** As often as a client of Kafka refreshes what it knows. */
const KAFKA_MS = 300_000
const REFRESH = 'topic.metadata.refresh.interval.ms'

/** How often topics are looked for, ms. */
export function watchEveryMs({ kind }: Pick<Broker, 'kind'>, { kafka }: StreamsConfig): number {
  if (kind === 'embedded') return EMBEDDED_MS
  const refreshMs = Number({ ...kafka.common, ...kafka.consumer }[REFRESH] ?? KAFKA_MS)
  return refreshMs > 0 ? refreshMs : KAFKA_MS
}

/** What is watched. */
export interface TopicWatch {
  /** The names of topics that patterns match now. */
  readonly look: () => Promise<readonly string[]>
  /** Called with the names when they are others; resolves when the job is about to read them. */
  readonly changed: (names: readonly string[]) => Promise<void>
  readonly everyMs: number
  readonly clock: Clock
  readonly log: RunLog
  readonly signal: AbortSignal
}

/** Watches until `signal` says that nobody wants to know any more. @throws what `changed` does. */
export async function watchTopics(first: readonly string[], watch: TopicWatch): Promise<void> {
  const { look, changed, everyMs, clock, log, signal } = watch
  let known = first
  for (;;) {
    await clock.sleep(everyMs, signal)
    if (signal.aborted) return
    let names: readonly string[]
    try {
      names = await look()
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      log.warn({ err: error }, 'could not look for new topics')
      continue
    }
    if (names.join() === known.join()) continue
    log.info(
      { topics: names },
      'the topics that patterns match are others now: tasks are laid out anew',
    )
    known = names
    await changed(names)
  }
}
