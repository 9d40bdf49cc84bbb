// Embedded logs in directories of their own, removed after the suite.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'

/** Embedded logs of one suite. */
export interface EmbeddedLogs {
  /** Where a log lies, made when missing. */
  directory(name: string): string
  /** A broker on a log, closed after the suite if not before. */
  open(name: string): Promise<Broker>
}

/** Call it inside a `describe`. */
export function embeddedLogs(): EmbeddedLogs {
  let root = ''
  const opened: Broker[] = []
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'millrace-job-'))
  })
  after(async () => {
    await Promise.all(opened.map((broker) => broker.close()))
    rmSync(root, { recursive: true, force: true })
  })
  const directory = (name: string): string => join(root, name)
  return {
    directory,
    open: async (name) => {
      const broker = await openBroker({ kind: 'embedded', directory: directory(name) })
      opened.push(broker)
      return broker
    },
  }
}
