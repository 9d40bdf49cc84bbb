// Where the tasks of a worker keep their state: a directory each below the application's. Kafka is no
// home for it, so the data ports have these.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openEnvironment, type Environment } from '../lmdb.ts'
import { thisProcess } from '../process-identity.ts'
import { BrokerError, type SharedStatesSpec, type StateStoreKind } from '../ports.ts'
import type { StateEnvironment } from '../state-environment.ts'
import { BootMark } from './boot-mark.ts'
import { sharedDirectoryOf, TABLES_MAX } from './shared-states.ts'
import { VolatileStates } from './volatile-states.ts'

/** Where a worker's tasks keep their state. */
export interface TaskStates {
  open(taskId: string): StateEnvironment
  close(taskId: string): void
  closeAll(): void
}

/** What a worker is told of where its tasks keep their state. */
export interface StatesSpec {
  readonly stateDir: string
  readonly applicationId: string
  readonly stateStore?: StateStoreKind | undefined
  readonly sharedStates?: SharedStatesSpec | undefined
}

/** By `state.store`: on the disk, or in memory alone. */
export function taskStatesOf(spec: StatesSpec): TaskStates {
  return spec.stateStore === 'memory' ? new VolatileStates() : new StateDirectories(spec)
}

/** The open environments of one worker. */
export class StateDirectories implements TaskStates {
  readonly #directory: string
  readonly #shared: SharedStatesSpec | undefined
  /** Whether a machine that goes down is told from one that did not; otherwise all is synced. */
  readonly #isMarked = thisProcess().boot !== ''
  /** Tasks that were told that what was theirs was damaged. */
  readonly #told = new Set<string>()
  readonly #open = new Map<string, Environment>()

  constructor({ stateDir, applicationId, sharedStates }: StatesSpec) {
    this.#shared = sharedStates
    this.#directory = join(stateDir, applicationId)
  }

  /**
   * The task's environment; its directory is made when missing, and made anew when what is in it is damaged:
   * changelogs have it all.
   */
  open(taskId: string): Environment {
    const open = this.#open.get(taskId)
    if (open !== undefined) return open
    const environment =
      this.#shared === undefined ? this.#openOwn(taskId) : this.#openShared(taskId, this.#shared)
    this.#open.set(taskId, environment)
    return environment
  }

  close(taskId: string): void {
    this.#open.get(taskId)?.close()
    this.#open.delete(taskId)
  }

  closeAll(): void {
    for (const taskId of [...this.#open.keys()]) this.close(taskId)
  }

  #openOwn(taskId: string): Environment {
    const directory = join(this.#directory, taskId)
    mkdirSync(directory, { recursive: true })
    return openSound(directory)
  }

  #openShared(taskId: string, { damaged }: SharedStatesSpec): Environment {
    const name = sharedDirectoryOf(taskId)
    const options = { isSynced: !this.#isMarked, tablesMax: TABLES_MAX }
    const environment = openEnvironment(join(this.#directory, name), options)
    if (!damaged.includes(name) || this.#told.has(taskId)) return environment
    this.#told.add(taskId)
    const damage = `${join(this.#directory, name)} was damaged, or in use when its machine went down`
    return { ...environment, damage }
  }
}

function openSound(directory: string): Environment {
  const mark = new BootMark(directory)
  const { problem } = mark
  if (problem !== undefined) return openAnew(directory, mark, problem)
  try {
    return openMarked(directory, mark)
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== 'MILLRACE_LOG_CORRUPT') throw error
    return openAnew(directory, mark, error.message)
  }
}

function openAnew(directory: string, mark: BootMark, damage: string): Environment {
  rmSync(directory, { recursive: true })
  mkdirSync(directory)
  return { ...openMarked(directory, mark), damage }
}

function openMarked(directory: string, mark: BootMark): Environment {
  mark.inUse()
  const options = { isSynced: !mark.isKnown, tablesMax: TABLES_MAX }
  const environment = openEnvironment(directory, options)
  return {
    ...environment,
    close: () => {
      environment.close()
      mark.closed()
    },
  }
}
