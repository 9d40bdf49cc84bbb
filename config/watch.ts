// Watches the configuration files while a command runs, and reads all of them again after an edit. Editors
// write a file in several steps or put another in its place, and some file systems tell nothing at all.
import { statSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import {
  CONFIG_FILES,
  ConfigError,
  directoryOf,
  loadConfig,
  type Config,
  type LoadOptions,
} from './config.ts'

/** What to watch, and whom to tell. */
export interface WatchOptions extends LoadOptions {
  /** Called with the whole configuration as it is written now, at the start and after each edit. */
  readonly onLoaded: (config: Config) => void
  /** Called with what is wrong with an edit; nothing of it was taken. */
  readonly onRefused: (error: ConfigError) => void
  /** How long files must have stayed the same before they are read; 50 ms where left out. */
  readonly settleMs?: number
  /** How often to look without having been told; each second where left out. */
  readonly pollMs?: number
}

const SETTLE_MS = 50
const POLL_MS = 1_000
/** A file that is gone or empty may be on its way back: an editor writes its new text. */
const INCOMPLETE_MS = 1_000

/** What is known of a file without reading it; undefined while there is none. */
type FileTrace = { readonly size: number; readonly text: string } | undefined

/** A watch over the files of one directory, until closed. It keeps no process alive. */
export class ConfigWatch {
  readonly #options: WatchOptions
  readonly #directory: string
  readonly #watcher: FSWatcher | undefined
  readonly #poll: NodeJS.Timeout
  #soon: NodeJS.Timeout | undefined
  /** As the files were when they were last read, and when they were last looked at. */
  #read: readonly FileTrace[] | undefined
  #seen: readonly FileTrace[] = []
  /** Whether each file had something in it when it was last there. */
  readonly #hadText: boolean[] = CONFIG_FILES.map(() => false)
  #sameSinceMs = 0

  constructor(options: WatchOptions) {
    this.#options = options
    this.#directory = directoryOf(options)
    this.#watcher = this.#listen()
    this.#poll = setInterval(() => this.#look(), options.pollMs ?? POLL_MS)
    this.#poll.unref()
    this.#look()
  }

  /** Ends the watch. */
  close(): void {
    clearInterval(this.#poll)
    clearTimeout(this.#soon)
    this.#watcher?.close()
  }

  /** Without it, as where no more watches are to be had, looking now and then is enough. */
  #listen(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#directory, { persistent: false }, () => this.#look())
      return watcher.on('error', () => watcher.close())
    } catch {
      return undefined
    }
  }

  #look(): void {
    const traces = CONFIG_FILES.map((file) => traceOf(join(this.#directory, file)))
    const nowMs = performance.now()
    if (this.#read !== undefined && areSame(traces, this.#read)) {
      this.#seen = traces
      return
    }
    if (!areSame(traces, this.#seen)) this.#sameSinceMs = nowMs
    this.#seen = traces
    const { settleMs = SETTLE_MS } = this.#options
    const needMs = this.#isIncomplete(traces) ? Math.max(INCOMPLETE_MS, settleMs) : settleMs
    const waitMs = this.#sameSinceMs + needMs - nowMs
    if (this.#read === undefined || waitMs <= 0) this.#load(traces)
    else this.#lookIn(waitMs)
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => this.#look(), Math.ceil(ms))
    this.#soon.unref()
  }

  /** Whether a file that had something in it has nothing now. */
  #isIncomplete(traces: readonly FileTrace[]): boolean {
    return traces.some((trace, i) => this.#hadText[i] === true && (trace?.size ?? 0) === 0)
  }

  #load(traces: readonly FileTrace[]): void {
    const { onLoaded, onRefused } = this.#options
    this.#read = traces
    const gone = CONFIG_FILES.filter((_, i) => traces[i] === undefined && this.#hadText[i] === true)
    traces.forEach((trace, i) => {
      if (trace !== undefined) this.#hadText[i] = trace.size > 0
    })
    let config: Config
    try {
      // Its keys would fall back to their defaults, which nobody who moves a file means.
      if (gone.length > 0) throw new ConfigError(gone.map((file) => goneProblem(this.#at(file))))
      config = loadConfig(this.#options)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      onRefused(error)
      return
    }
    onLoaded(config)
  }

  #at(file: string): string {
    return join(this.#directory, file)
  }
}

function goneProblem(source: string): { source: string; key: string; message: string } {
  return { source, key: 'file', message: 'is gone: put it back; what it said stays in effect' }
}

function traceOf(path: string): FileTrace {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  return { size: found.size, text: `${found.ino} ${found.size} ${found.mtimeMs}` }
}

function areSame(some: readonly FileTrace[], others: readonly FileTrace[]): boolean {
  return some.every((trace, i) => trace?.text === others[i]?.text)
}
