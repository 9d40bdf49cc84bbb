// Sums up the counts of the police job for its panel. A result replaces the one before under its key, so the
// last count of a key is kept for as long as another one may come: for the keys that changed last.

/** Of so many keys; those whose windows are open are a few thousand. */
const KEYS_MAX = 65_536
/**
 * Results for windows so far behind the latest one of their partition are those of another run, which
 * counts again what was counted. Those of one run are in order but for what waited to be put out.
 */
const BEHIND_MS_MAX = 28 * 86_400_000
const TYPES_MAX = 10_000
/** Of so many hours the counts are kept: thirteen weeks. */
export const HOURS_MAX = 2_184
const OTHERS = '(others)'

/** A result of the topic of outcomes. */
export interface CountedCalls {
  readonly window_start: number
  readonly type: string
  readonly disposition: string
  readonly description: string | null
  readonly calls: number
}

/** Calls of a type or with an outcome. */
export interface Total {
  readonly name: string
  calls: number
}

/** What the results add up to, in bounded memory. */
export class CallTotals {
  calls = 0
  readonly types = new Map<string, Total>()
  /** By code. */
  readonly outcomes = new Map<string, Total>()
  /** By the start of the hour, epoch ms, in the order in which hours came. */
  readonly hours = new Map<number, number>()
  /** The last count by key, that of the longest unchanged key first. */
  readonly #counts = new Map<string, number>()
  /** The latest window by partition. */
  readonly #latestMs = new Map<number, number>()

  /** Takes a result in the order of its partition. */
  add(
    { window_start: startMs, type, disposition, description, calls }: CountedCalls,
    partition: number,
  ): void {
    const latestMs = Math.max(this.#latestMs.get(partition) ?? startMs, startMs)
    this.#latestMs.set(partition, latestMs)
    if (latestMs - startMs > BEHIND_MS_MAX) return
    const key = `${startMs} ${disposition}\n${type}`
    const more = calls - (this.#counts.get(key) ?? 0)
    this.#remember(key, calls)
    this.calls += more
    this.hours.set(startMs, (this.hours.get(startMs) ?? 0) + more)
    if (this.hours.size > HOURS_MAX) this.#forgetOldestHour()
    addTo(this.types, type, type, more)
    addTo(this.outcomes, disposition, `${disposition} ${description ?? '(no description)'}`, more)
  }

  #remember(key: string, calls: number): void {
    this.#counts.delete(key)
    this.#counts.set(key, calls)
    if (this.#counts.size <= KEYS_MAX) return
    const [oldest = ''] = this.#counts.keys()
    this.#counts.delete(oldest)
  }

  #forgetOldestHour(): void {
    const oldest = Math.min(...this.hours.keys())
    this.hours.delete(oldest)
  }
}

function addTo(totals: Map<string, Total>, key: string, name: string, calls: number): void {
  const known = totals.get(key)
  if (known !== undefined) known.calls += calls
  else if (totals.size < TYPES_MAX) totals.set(key, { name, calls })
  else addTo(totals, OTHERS, OTHERS, calls)
}
