// The file of results: a line that says what is measured, then a line a run, appended as soon as the run is
// over. So a session that was killed goes on where it was, and nothing of it is lost.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from '../exit-codes.ts'
import type { Design, SweptKey, Trial } from './sweep.ts'

/** What decides about the figures: with anything else of it, runs cannot be compared. */
export interface SessionSpec {
  readonly job: string
  readonly broker: string
  readonly keys: readonly SweptKey[]
  readonly design: Design
  /** Rows of the backlog of each run. */
  readonly rows: number
  /** Rows a second afterwards, and for how long; no such part when either is 0. */
  readonly rate: number
  readonly seconds: number
  readonly seed: number
  /** A file of rows; undefined for made-up ones. */
  readonly input: string | undefined
  /** Settings of all trials, by key, where they are not the defaults. */
  readonly base: Readonly<Record<string, string>>
  /** Node and cores. */
  readonly machine: string
}

/** What a run came to. */
export interface RunFigures {
  /** Rows of the backlog a second, from the first row processed to the last commit. */
  readonly rowsPerSecond: number
  /** User and system time meanwhile, a row. */
  readonly cpuMicrosPerRow: number
  /** From a row's timestamp until its result can be read, at the live rate; undefined without that part. */
  readonly p50Ms?: number
  readonly p99Ms?: number
}

/** A run that is over. */
export interface RunResult {
  /** `sweep`, or `confirm`: fresh runs of what the sweep found best. */
  readonly phase: 'sweep' | 'confirm'
  readonly round: number
  readonly trial: Trial
  readonly figures: RunFigures
}

const VERSION = 1

/** The runs of a session, in memory and in its file. */
export class Results {
  readonly file: string
  readonly runs: RunResult[]

  private constructor(file: string, runs: RunResult[]) {
    this.file = file
    this.runs = runs
  }

  /**
   * Opens the file: a new one, or with `isResumed` the one that is there.
   * @throws UsageError when one is there and is not to be resumed, or is of another session.
   */
  static open(file: string, spec: SessionSpec, isResumed: boolean): Results {
    const head = JSON.stringify({ millraceTune: VERSION, ...spec })
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${head}\n`)
      return new Results(file, [])
    }
    if (!isResumed) {
      throw new UsageError(
        `${file} has results already: give --resume to go on with them, or delete it`,
      )
    }
    const text = readFileSync(file, 'utf8')
    // A kill may have cut the last line short: that run is made again.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    const [first, ...lines] = whole.split('\n').filter(Boolean)
    if (first !== head) {
      throw new UsageError(
        `${file} is of another session: ${differenceOf(first, head)}; give the same options, or another --results`,
      )
    }
    if (whole !== text) writeFileSync(file, whole)
    return new Results(
      file,
      lines.map((line) => JSON.parse(line) as RunResult),
    )
  }

  /** Adds a run; it is in the file when this returns. */
  add(run: RunResult): void {
    appendFileSync(this.file, `${JSON.stringify(run)}\n`)
    this.runs.push(run)
  }
}

function differenceOf(first: string | undefined, head: string): string {
  try {
    const was = JSON.parse(first ?? '') as Record<string, unknown>
    const is = JSON.parse(head) as Record<string, unknown>
    const key = [...new Set([...Object.keys(is), ...Object.keys(was)])].find(
      (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]),
    )
    const [then, now] = [was, is].map((of) => JSON.stringify(of[key ?? '']))
    return `its ${key} is ${then}, here ${now}`
  } catch {
    return 'its first line is none of a session'
  }
}
