// What a worker's data port and the main thread say to each other on a channel's port. Rows travel as
// packed batches whose buffers are transferred.

/** From the main thread to the data port. */
export type ToPort =
  | {
      readonly kind: 'rows'
      readonly reader: number
      readonly packed: ArrayBuffer
      /** The end of the partition as known when the rows were sent. */
      readonly end: number
    }
  | {
      readonly kind: 'end'
      readonly reader: number
      readonly end: number
      /** Where the partition starts: nothing before it will ever come. */
      readonly start: number
    }
  /** The worker may poll the partition itself, of the consumer with that `client.id`. */
  | { readonly kind: 'opened'; readonly reader: number; readonly client: string }
  /** Bytes taken by `produce` that are now the broker client's. */
  | { readonly kind: 'sent'; readonly bytes: number }

/** From the data port to the main thread. */
export type ToMain =
  | {
      readonly kind: 'open'
      /** Counts up within a channel. */
      readonly reader: number
      readonly topic: string
      readonly partition: number
      readonly offset: number
    }
  | { readonly kind: 'close'; readonly reader: number }
  /** An error of a partition that the worker polls, by librdkafka's code. */
  | { readonly kind: 'failed'; readonly code: number; readonly message: string }
  /** Bytes of rows that the worker has taken out of its queue. */
  | { readonly kind: 'took'; readonly reader: number; readonly bytes: number }
  | {
      readonly kind: 'produce'
      readonly topic: string
      readonly partition: number
      readonly packed: ArrayBuffer
    }
