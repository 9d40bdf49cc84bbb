// Directories that the tasks of an application keep their state in together, where they are many: an environment
// of LMDB takes two files, a fifth of a megabyte and some milliseconds, and there would be thousands. The main thread
// readies them before a worker opens one, and closes them when all workers have ended.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openEnvironment, type Environment } from '../lmdb.ts'
import { BrokerError, type SharedStatesSpec } from '../ports.ts'
import { BootMark } from './boot-mark.ts'

/** Up to so many tasks each has a directory of its own. */
const TASKS_ALONE_MAX = 64
/** Threads wait for each other where they write into one. */
const DIRECTORIES = 8
/** Tables of one directory: each task's entries lie in the same ones. */
export const TABLES_MAX = 8

/** The name of the directory that a task's state is in. */
export function sharedDirectoryOf(taskId: string): string {
  const partition = Number(taskId.slice(taskId.indexOf('_') + 1))
  return `shared-${partition % DIRECTORIES}`
}

/** The shared directories of one application on this machine. */
export class SharedStates {
  readonly #opened: { readonly environment: Environment; readonly mark: BootMark }[] = []
  readonly #damaged: string[] = []

  /**
   * Makes the directories where they are missing, and anew where they are damaged: changelogs have it all.
   * @throws BrokerError MILLRACE_DISK_FULL, or MILLRACE_BROKER where a directory cannot be used.
   */
  constructor(stateDir: string, applicationId: string) {
    for (let i = 0; i < DIRECTORIES; i++) {
      const name = sharedDirectoryOf(`0_${i}`)
      const directory = join(stateDir, applicationId, name)
      mkdirSync(directory, { recursive: true })
      const mark = new BootMark(directory)
      this.#opened.push({ environment: this.#open(directory, name, mark), mark })
    }
  }

  /** Whether an application of so many tasks has such directories. */
  static areFor(tasks: number): boolean {
    return tasks > TASKS_ALONE_MAX
  }

  /** What workers are told. */
  get spec(): SharedStatesSpec {
    return { damaged: this.#damaged }
  }

  /** To be called when all workers have ended: waits for the disk. */
  close(): void {
    for (const { environment, mark } of this.#opened) {
      environment.close()
      mark.closed()
    }
  }

  #open(directory: string, name: string, mark: BootMark): Environment {
    if (mark.problem === undefined) {
      try {
        return openMarked(directory, mark)
      } catch (error) {
        if (!(error instanceof BrokerError) || error.code !== 'MILLRACE_LOG_CORRUPT') throw error
      }
    }
    this.#damaged.push(name)
    rmSync(directory, { recursive: true })
    mkdirSync(directory)
    return openMarked(directory, mark)
  }
}

function openMarked(directory: string, mark: BootMark): Environment {
  mark.inUse()
  return openEnvironment(directory, { isSynced: !mark.isKnown, tablesMax: TABLES_MAX })
}
