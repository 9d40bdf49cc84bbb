// What ended a thread, as data: errors lose their code between threads.
import type { ThreadFailure } from './messages.ts'

/** An error as it is told to the main thread. */
export function failureOf(error: unknown): ThreadFailure {
  if (!(error instanceof Error)) {
    return { code: 'MILLRACE_THREAD', message: String(error), stack: undefined }
  }
  const code = 'code' in error ? String(error.code) : 'MILLRACE_THREAD'
  return { code, message: error.message, stack: error.stack }
}
