// What becomes of a record that user code fails on: by the policy of its node the run ends, or the record
// is dropped and counted, its source's bytes written to a topic of dead letters first if asked for.
import { partitionFor } from '../broker/partitioner.ts'
import { headersOf, keyOf, valueOf } from '../broker/record-batch.ts'
import type { DeadLetter, ErrorPolicy } from '../topology/node.ts'
import {
  deadLetterHeaders,
  ProcessingError,
  userError,
  type DropReason,
  type RowPlace,
  type StreamRecord,
  type TaskContext,
} from './processor.ts'

/** Deals with a record that user code failed on. @throws ProcessingError where the policy is to fail. */
export type OnFailure = (record: StreamRecord, cause: unknown) => void

/** How a node deals with failures of its user code. */
export function failuresOf(node: string, policy: ErrorPolicy, context: TaskContext): OnFailure {
  return (_record, cause) => {
    // What a node further on failed with is not this one's to judge.
    if (policy === 'fail' || cause instanceof ProcessingError) throw userError(node, cause)
    const { place } = context
    if (policy !== 'skip' && place !== undefined) {
      writeDeadLetter(
        policy,
        place,
        cause instanceof Error ? cause : new Error(String(cause)),
        context,
      )
    }
    context.drop(node, 'processing-error' satisfies DropReason)
  }
}

/** Writes the record of a source as it came, with where it stood and what is wrong with it. */
export function writeDeadLetter(
  { topic }: DeadLetter,
  place: RowPlace,
  error: Error,
  context: TaskContext,
): void {
  const { batch, row } = place
  const output = context.output(topic)
  const key = keyOf(batch, row)
  const partition =
    key === null ? place.partition % output.partitions : partitionFor(key, output.partitions)
  const headers = [...headersOf(batch, row), ...deadLetterHeaders(place, error)]
  const timestampMs = batch.timestamps[row]!
  output.rowsOf(partition).append(key, valueOf(batch, row), timestampMs, headers)
}
