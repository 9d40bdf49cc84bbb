// What makes a running instance one with those before it on the same state directory: a name that stays,
// and the lock that keeps two processes from using it at once.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ApplicationLock, lockHolder, type LockHome } from '../broker/application-lock.ts'
import { openEnvironment, type Environment } from '../broker/lmdb.ts'
import { SharedStates } from '../broker/kafka/shared-states.ts'
import type { BrokerError, SharedStatesSpec } from '../broker/ports.ts'

/** This instance of an application. */
export interface Instance {
  /** As long as the state directory lives (Kafka Streams' process id). */
  readonly id: string
  /**
   * Readies the directories that so many tasks keep their state in together; undefined where each has its own.
   * @throws BrokerError MILLRACE_DISK_FULL, or MILLRACE_BROKER where a directory cannot be used.
   */
  sharedStates(tasks: number): SharedStatesSpec | undefined
  release(): void
}

const ID = Buffer.from('instance.id')

/** Where an application keeps its state below `stateDir`. */
export function applicationDirectory(stateDir: string, applicationId: string): string {
  return join(stateDir, applicationId)
}

/** What a state directory says about its instance. */
export interface InstanceTrace {
  readonly id: string | undefined
  /** The process that has it now: `process 4711 on node-1 since …`. */
  readonly holder: string | undefined
}

/**
 * Looks at an application's part of a state directory without taking or making it.
 * @throws BrokerError MILLRACE_LOG_CORRUPT, or MILLRACE_BROKER where the directory cannot be used
 */
export function traceInstance(stateDir: string, applicationId: string): InstanceTrace {
  const directory = instanceDirectory(stateDir, applicationId)
  if (!existsSync(join(directory, 'data.mdb'))) return { id: undefined, holder: undefined }
  const environment = openEnvironment(directory)
  try {
    const home = homeIn(directory, environment)
    return {
      id: environment.table('about').get(ID)?.toString(),
      holder: lockHolder(home, applicationId),
    }
  } finally {
    environment.close()
  }
}

function instanceDirectory(stateDir: string, applicationId: string): string {
  return join(applicationDirectory(stateDir, applicationId), 'instance')
}

function homeIn(directory: string, environment: Environment): LockHome {
  const locks = environment.table('locks')
  const otherwise = 'a state.dir of its own'
  return { directory, environment, locks, otherwise, nowMs: Date.now }
}

/**
 * Takes the application's part of a state directory for this process; `onLost` is told when another
 * machine has taken it over.
 * @throws BrokerError MILLRACE_LOG_LOCKED naming the process that has it, MILLRACE_DISK_FULL, or
 * MILLRACE_BROKER where the directory cannot be used.
 */
export function takeInstance(
  stateDir: string,
  applicationId: string,
  onLost: (error: BrokerError) => void,
): Instance {
  const directory = instanceDirectory(stateDir, applicationId)
  mkdirSync(directory, { recursive: true })
  const environment = openEnvironment(directory)
  try {
    const lock = new ApplicationLock(homeIn(directory, environment), applicationId, onLost)
    const about = environment.table('about')
    const id = about.get(ID)?.toString() ?? randomUUID()
    environment.transaction(() => about.putSync(ID, Buffer.from(id)))
    let shared: SharedStates | undefined
    return {
      id,
      sharedStates: (tasks) => {
        if (!SharedStates.areFor(tasks)) return undefined
        shared ??= new SharedStates(stateDir, applicationId)
        return shared.spec
      },
      release: () => {
        shared?.close()
        try {
          lock.release()
        } catch {
          // On a full disk it stays behind, as that of a process that was killed: nobody waits for it.
        } finally {
          environment.close()
        }
      },
    }
  } catch (error) {
    environment.close()
    throw error
  }
}
