// Imported before the program, it makes Node unable to find node-rdkafka, as where its build failed.
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

interface Resolved {
  readonly url: string
}

type NextResolve = (specifier: string, context: object) => Promise<Resolved>

/** Node's hook for module names. */
export function resolve(
  specifier: string,
  context: object,
  nextResolve: NextResolve,
): Promise<Resolved> {
  if (specifier === 'node-rdkafka') throw new Error(`Cannot find package '${specifier}'`)
  return nextResolve(specifier, context)
}

// Node runs the hooks in a thread of their own, which loads this file again.
if (isMainThread) register(import.meta.url)
