// Counts on their way from a saved entry into their table: some at a time, in columns. The reader of entries fills
// them, the table takes them.

/** How many there are together, at most. */
export const SAVED_COUNTS_MAX = 256

/** The first `size` of each column are filled. */
export interface SavedCounts {
  size: number
  /** Of their windows, epoch ms. */
  readonly starts: Float64Array
  readonly keyIds: Int32Array
  readonly counts: Float64Array
  /** The highest timestamp that each has counted, epoch ms. */
  readonly timestamps: Float64Array
}

/** Columns with nothing in them. */
export function savedCounts(): SavedCounts {
  return {
    size: 0,
    starts: new Float64Array(SAVED_COUNTS_MAX),
    keyIds: new Int32Array(SAVED_COUNTS_MAX),
    counts: new Float64Array(SAVED_COUNTS_MAX),
    timestamps: new Float64Array(SAVED_COUNTS_MAX),
  }
}
