// The configuration of a command that goes on running: it follows the files, takes over what may change, and
// tells what an edit did. Used by start and demo through run-job.ts, and by replay.
import {
  ConfigError,
  describeConfig,
  loadConfig,
  type Config,
  type ConfigProblem,
} from '../config/config.ts'
import { explained } from '../config/defaults.ts'
import { changesBetween, configHash, isHot, withHot, type ConfigChange } from '../config/hot.ts'
import { ConfigWatch } from '../config/watch.ts'
import type { Reading } from '../runtime/metrics/snapshot.ts'
import type { CliContext } from './context.ts'

/** What came of the edit of one key, or of a whole edit that was refused. */
export interface ConfigEvent {
  /** When, ISO 8601. */
  readonly timestamp: string
  readonly effect: 'applied' | 'needs-restart' | 'refused'
  readonly key: string
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Where it was written. */
  readonly source: string
  /** Why it was refused. */
  readonly message?: string
}

/** What is in effect, and what edits did: what `/config` serves. */
export interface ConfigReport {
  readonly hash: string
  /** The settings in effect, and whether an edit of each takes effect at once. */
  readonly entries: readonly {
    readonly key: string
    readonly value: string
    readonly source: string
    readonly hot: boolean
    /** What it is when nobody sets it, and whether it is another one now; see config/defaults.ts. */
    readonly default: string | null
    readonly differs: boolean
    readonly about: string | null
  }[]
  /** Edited keys whose new values wait for a restart. */
  readonly needsRestart: readonly { readonly key: string; readonly value: string | undefined }[]
  /** What is wrong with the files as they are now; empty when they are in effect. */
  readonly problems: readonly ConfigProblem[]
  /** The last events, up to 100, the oldest first. */
  readonly changes: readonly ConfigEvent[]
}

/**
 * Takes a configuration over, all of it valid; the answer is awaited before the next one comes.
 * @throws Error when it is to be refused after all
 */
export type TakeOver = (config: Config) => Promise<void> | void

const EVENTS_MAX = 100

/** The configuration of a running command. */
export class LiveConfig {
  /** What is in effect now. */
  current: Config
  readonly #context: CliContext
  readonly #events: ConfigEvent[] = []
  #needsRestart: readonly ConfigChange[] = []
  #problems: readonly ConfigProblem[] = []
  #takenAtMs = Date.now()
  /** What the files alone say of the keys that the command line sets, by key. */
  #overridden: ReadonlyMap<string, string> | undefined
  #watch: ConfigWatch | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(context: CliContext) {
    this.#context = context
    this.current = context.config
  }

  /** Follows the files until closed. */
  follow(takeOver: TakeOver): void {
    this.#watch = new ConfigWatch({
      ...this.#context.configSource,
      onLoaded: (config) => {
        const writtenMs = performance.now()
        this.#work = this.#work.then(() => this.#edited(config, takeOver, writtenMs))
      },
      onRefused: ({ problems }) => this.#refused(problems),
    })
  }

  /** Ends the following. */
  close(): void {
    this.#watch?.close()
  }

  /** What is in effect, and what edits did. */
  get report(): ConfigReport {
    return {
      hash: configHash(this.current),
      entries: explained(describeConfig(this.current)).map((entry) => ({
        ...entry,
        hot: isHot(entry.key),
      })),
      needsRestart: this.#needsRestart.map(({ key, to }) => ({ key, value: to })),
      problems: this.#problems,
      changes: this.#events,
    }
  }

  /** The same as metrics. */
  get readings(): Reading[] {
    const prefix = 'kafka_stream_config_last_reload'
    return [
      { name: `${prefix}_successful`, labels: {}, value: this.#problems.length === 0 ? 1 : 0 },
      {
        name: `${prefix}_success_timestamp_seconds`,
        labels: {},
        value: this.#takenAtMs / 1_000,
      },
      {
        name: 'kafka_stream_config_pending_restart_keys',
        labels: {},
        value: this.#needsRestart.length,
      },
      ...describeConfig(this.current).map(({ key, value }): Reading => {
        return { name: 'kafka_stream_config_info', labels: { key, value }, value: 1 }
      }),
    ]
  }

  /** 1 take over what is hot  2 tell what changed  3 tell what waits for a restart. */
  async #edited(config: Config, takeOver: TakeOver, writtenMs: number): Promise<void> {
    const all = changesBetween(this.current, config)
    const hot = all.filter((change) => change.hot)
    const next = withHot(this.current, config)
    try {
      if (hot.length > 0) await takeOver(next)
    } catch (error) {
      this.#refused(problemsOf(error, hot))
      return
    }
    this.current = next
    if (hot.length > 0) this.#takenAtMs = Date.now()
    this.#problems = []
    this.#setLevel()
    const ms = Math.round(performance.now() - writtenMs)
    for (const change of hot) this.#applied(change, ms)
    this.#tellRestarts(all.filter((change) => !change.hot))
    this.#tellOverridden()
  }

  #applied(change: ConfigChange, ms: number): void {
    const { key, from, to, source } = change
    this.#record('applied', change)
    this.#context.logger.info({ key, from, to, source, ms }, `configuration: ${inWords(change)}`)
  }

  #tellRestarts(changes: readonly ConfigChange[]): void {
    const told = new Map(this.#needsRestart.map(({ key, to }) => [key, to]))
    this.#needsRestart = changes
    for (const change of changes) {
      const { key, from, to, source } = change
      if (told.has(key) && told.get(key) === to) continue
      this.#record('needs-restart', change)
      this.#context.logger.warn(
        { key, from, to, source },
        `configuration: ${inWords(change)}, from the next start on`,
      )
    }
  }

  /** An edit of what `--set` says would otherwise do nothing without a word. */
  #tellOverridden(): void {
    const { directory, overrides = {} } = this.#context.configSource
    let written: ReadonlyMap<string, string>
    try {
      const inFiles = describeConfig(loadConfig({ directory })).filter(
        ({ key, source }) => Object.hasOwn(overrides, key) && source !== 'default',
      )
      written = new Map(inFiles.map(({ key, value }) => [key, value]))
    } catch {
      // Together with --set it is well: without, nobody asks.
      return
    }
    const before = this.#overridden
    this.#overridden = written
    for (const [key, value] of written) {
      if (before === undefined || before.get(key) === value) continue
      this.#context.logger.warn(
        { key, value },
        `configuration: ${key} is set by --set, which wins over the file`,
      )
    }
  }

  #refused(problems: readonly ConfigProblem[]): void {
    this.#problems = problems
    for (const problem of problems) {
      this.#events.push({ timestamp: new Date().toISOString(), effect: 'refused', ...problem })
      const { source, key, message } = problem
      this.#context.logger.error(
        { key, source },
        `configuration refused, all stays as it was: ${source}: ${key}: ${message}`,
      )
    }
    this.#trim()
  }

  #record(effect: 'applied' | 'needs-restart', { key, from, to, source }: ConfigChange): void {
    this.#events.push({ timestamp: new Date().toISOString(), effect, key, from, to, source })
    this.#trim()
  }

  #trim(): void {
    this.#events.splice(0, this.#events.length - EVENTS_MAX)
  }

  #setLevel(): void {
    const { logger, verbose } = this.#context
    if (!verbose) logger.level = this.current.streams.logLevel
  }
}

function inWords({ key, from = 'unset', to = 'unset' }: ConfigChange): string {
  return `${key} is ${to}, was ${from}`
}

function problemsOf(error: unknown, changes: readonly ConfigChange[]): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems
  const message = error instanceof Error ? error.message : String(error)
  return changes.map(({ key, source }) => ({ source, key, message }))
}
