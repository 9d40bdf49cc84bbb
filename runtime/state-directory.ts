// The directory that an application has below state.dir: how much is in it, and its end. Used by reset.ts
// and the command line; the runtime opens what is inside, task by task.
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { applicationDirectory, takeInstance } from './instance.ts'

/** What lies in an application's state directory. */
export interface StateDirectory {
  readonly directory: string
  /** Ids of the tasks that have something here. */
  readonly tasks: readonly string[]
  readonly bytes: number
}

// No application id has this sign: what is renamed to it belongs to nobody.
const DELETED = '~deleted'
const TASK = /^\d+_\d+$/

/** Looks at the directory; undefined when there is none. */
export function inspectStateDirectory(
  stateDir: string,
  applicationId: string,
): StateDirectory | undefined {
  const directory = applicationDirectory(stateDir, applicationId)
  const found = [directory, directory + DELETED].filter((path) => existsSync(path))
  if (found.length === 0) return undefined
  const tasks = existsSync(directory)
    ? readdirSync(directory).filter((name) => TASK.test(name))
    : []
  return { directory, tasks, bytes: found.reduce((sum, path) => sum + bytesIn(path), 0) }
}

function bytesIn(directory: string): number {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** An application's state directory, held. */
export interface HeldStateDirectory {
  /** Deletes it. It is gone at once for who starts next, be the deletion cut short. */
  delete(): void
  release(): void
}

/**
 * Takes the directory as a run of the application would, so that none can start on it; undefined
 * when there is none.
 * @throws BrokerError MILLRACE_LOG_LOCKED naming the process that has it
 */
export function holdStateDirectory(
  stateDir: string,
  applicationId: string,
): HeldStateDirectory | undefined {
  const directory = applicationDirectory(stateDir, applicationId)
  const deleted = join(dirname(directory), basename(directory) + DELETED)
  const remove = (path: string): void => rmSync(path, { recursive: true, force: true })
  if (!existsSync(directory)) {
    return existsSync(deleted)
      ? { delete: () => remove(deleted), release: () => undefined }
      : undefined
  }
  const instance = takeInstance(stateDir, applicationId, () => undefined)
  let isHeld = true
  const release = (): void => {
    if (isHeld) instance.release()
    isHeld = false
  }
  return {
    delete() {
      remove(deleted)
      // The lock moves along: who opened it before finds it taken, who comes after makes a new one.
      renameSync(directory, deleted)
      release()
      remove(deleted)
    },
    release,
  }
}
