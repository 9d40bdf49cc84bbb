// Where the tasks of a worker keep their state: a directory each below the application's. Kafka is no
// home for it, so the data ports have these.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openEnvironment, type Environment } from '../lmdb.ts'

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

  /** The task's environment; its directory is made when missing. */
  open(taskId: string): Environment {
    const open = this.#open.get(taskId)
    if (open !== undefined) return open
    const directory = join(this.#directory, taskId)
    mkdirSync(directory, { recursive: true })
    const environment = openEnvironment(directory)
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
