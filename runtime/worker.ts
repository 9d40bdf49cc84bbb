// What a worker thread runs: piscina calls `runThread` once, and it ends when the thread is stopped.
import { openDataPort } from '../broker/data-port.ts'
import { nativeRowReader } from '../broker/native/row-reader.ts'
import { assertTopology } from '../topology/topology.ts'
import type { ThreadFailure, ThreadSpec } from './messages.ts'
import { StreamThread } from './stream-thread.ts'

/** Runs a stream thread. @returns undefined after an orderly stop, else what ended it. */
export async function runThread(spec: ThreadSpec): Promise<ThreadFailure | undefined> {
  let thread: StreamThread | undefined
  try {
    const module = (await import(spec.topology)) as { readonly default?: unknown }
    const topology = assertTopology(module.default, spec.topology)
    const port = await openDataPort(spec.channel)
    thread = new StreamThread(spec, topology, port, nativeRowReader())
    await thread.run()
    return undefined
  } catch (error) {
    return failureOf(error)
  } finally {
    thread?.close()
  }
}

/** An error as data: between threads it would lose its code. */
function failureOf(error: unknown): ThreadFailure {
  if (!(error instanceof Error)) {
    return { code: 'MILLRACE_THREAD', message: String(error), stack: undefined }
  }
  const code = 'code' in error ? String(error.code) : 'MILLRACE_THREAD'
  return { code, message: error.message, stack: error.stack }
}
