// What is answered of each record that was posted. Used by ingest.ts.
import type { Posted } from '../broker/ports.ts'

/** What became of a record, as the REST proxy tells it. */
export interface OffsetAnswer {
  readonly partition: number | null
  readonly offset: number | null
  /** 1: it will not go; 2: another try may. */
  readonly error_code: 1 | 2 | null
  readonly error: string | null
}

/** The answer for a record that was sent to a partition. */
export function answerOf(partition: number, posted: Posted): OffsetAnswer {
  if (typeof posted === 'number') {
    return { partition, offset: posted, error_code: null, error: null }
  }
  const error_code = posted.retriable ? 2 : 1
  return { partition: null, offset: null, error_code, error: posted.message }
}
