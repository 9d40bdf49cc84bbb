// What becomes of a record that user code fails on: by the policy of its node the run ends, or the record
// is dropped and counted, its bytes written to a topic of dead letters first if asked for.
import type { ErrorPolicy } from '../topology/policies.ts'
import { writeDeadLetter } from './dead-letters.ts'
import {
  isOfMachine,
  ProcessingError,
  userError,
  type DropReason,
  type TaskContext,
} from './processor.ts'
import { RecordRefusedError, RecordTooLargeError } from './topic-takes.ts'

/**
 * Deals with the record in work, which user code failed on.
 * @throws ProcessingError where the policy is to fail; the cause itself where it is no fault of the record.
 */
export type OnFailure = (cause: unknown) => void

/** How a node deals with failures of its user code. */
export function failuresOf(node: string, policy: ErrorPolicy, context: TaskContext): OnFailure {
  return (cause) => {
    // What a node further on failed with is not this one's to judge.
    const isJudged = cause instanceof ProcessingError || isOfMachine(cause)
    if (policy === 'fail' || isJudged) throw userError(node, cause)
    const { place } = context
    const isWritten = policy !== 'skip' && place !== undefined
    if (isWritten) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      writeDeadLetter(policy, place, error, context)
    }
    context.drop(node, reasonOf(cause), isWritten)
  }
}

function reasonOf(cause: unknown): DropReason {
  if (cause instanceof RecordTooLargeError) return 'record-too-large'
  return cause instanceof RecordRefusedError ? 'record-refused' : 'processing-error'
}
