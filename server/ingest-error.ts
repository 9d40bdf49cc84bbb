// Why a POST was refused, as the REST proxy says it: a status, a code of its own and a sentence.
import type { Reply } from './reply.ts'

/** The content type of all that is answered to who posts. */
export const KAFKA_JSON = 'application/vnd.kafka.v2+json'

/** A POST that is refused; nothing of it has been written. */
export class IngestError extends Error {
  override readonly name = 'IngestError'
  readonly status: number
  /** The REST proxy's `error_code`. */
  readonly errorCode: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    errorCode: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.errorCode = errorCode
    this.headers = headers
  }

  /** What is answered. */
  get reply(): Reply {
    const body = JSON.stringify({ error_code: this.errorCode, message: this.message })
    return { status: this.status, contentType: KAFKA_JSON, body, headers: this.headers }
  }
}

/** A refusal of what may go well in a moment. */
export function tooMany(message: string, retrySeconds: number): IngestError {
  return new IngestError(429, 429, message, { 'retry-after': String(retrySeconds) })
}
