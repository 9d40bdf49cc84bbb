// What becomes of a record that user code fails on: by the policy of its node the run ends, or the record
// is dropped and counted, its bytes written to a topic of dead letters first if asked for.
import type { ErrorPolicy } from '../topology/policies.ts'
import { writeDeadLetter } from './dead-letters.ts'
import { RecordTooLargeError } from './record-size.ts'
import {
  isOfMachine,
  ProcessingError,
  userError,
  type DropReason,
  type TaskContext,
} from './processor.ts'

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
    const isTooLarge = cause instanceof RecordTooLargeError
    const reason: DropReason = isTooLarge ? 'record-too-large' : 'processing-error'
    context.drop(node, reason, isWritten)
  }
}
