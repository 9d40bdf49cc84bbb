// Where the tasks of a worker keep their state: a directory each below the application's. Kafka is no
// home for it, so the data ports have these.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openEnvironment, type Environment } from '../lmdb.ts'
import { BrokerError } from '../ports.ts'
import { BootMark } from './boot-mark.ts'

/** The open environments of one worker. */
export class StateDirectories {
  readonly #directory: string
  readonly #open = new Map<string, Environment>()

  constructor({
    stateDir,
    applicationId,
  }: {
    readonly stateDir: string
    readonly applicationId: string
  }) {
    this.#directory = join(stateDir, applicationId)
  }

  /**
   * The task's environment; its directory is made when missing, and made anew when what is in it is damaged:
   * changelogs have it all.
   */
  open(taskId: string): Environment {
    const open = this.#open.get(taskId)
    if (open !== undefined) return open
    const directory = join(this.#directory, taskId)
    mkdirSync(directory, { recursive: true })
    const environment = openSound(directory)
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
  const environment = openEnvironment(directory, { isSynced: !mark.isKnown })
  return {
    ...environment,
    close: () => {
      environment.close()
      mark.closed()
    },
  }
}
