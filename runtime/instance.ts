// What makes a running instance one with those before it on the same state directory: a name that stays,
// and the lock that keeps two processes from using it at once.
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ApplicationLock } from '../broker/application-lock.ts'
import { openEnvironment } from '../broker/lmdb.ts'
import type { BrokerError } from '../broker/ports.ts'

/** This instance of an application. */
export interface Instance {
  /** As long as the state directory lives (Kafka Streams' process id). */
  readonly id: string
  release(): void
}

const ID = Buffer.from('instance.id')

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
  const directory = join(stateDir, applicationId, 'instance')
  mkdirSync(directory, { recursive: true })
  const environment = openEnvironment(directory)
  try {
    const home = { directory, environment, locks: environment.table('locks'), nowMs: Date.now }
    const lock = new ApplicationLock(home, applicationId, onLost)
    const about = environment.table('about')
    const id = about.get(ID)?.toString() ?? randomUUID()
    environment.transaction(() => about.putSync(ID, Buffer.from(id)))
    return {
      id,
      release: () => {
        lock.release()
        environment.close()
      },
    }
  } catch (error) {
    environment.close()
    throw error
  }
}
