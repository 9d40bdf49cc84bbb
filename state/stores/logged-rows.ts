// Rows on their way from a saved entry into their table: some at a time, in columns. The reader of entries fills them,
// the table takes them.

/** How many there are together, at most. */
export const LOGGED_ROWS_MAX = 256

/** Rows that have a value; the first `size` of each column are filled. */
export interface LoggedRows {
  size: number
  /** Where in the bytes of the entry the keys begin, and these and the values behind them end. */
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly valueEnds: Int32Array
  /** Event times, epoch ms. */
  readonly timestamps: Float64Array
}

/** Columns with nothing in them. */
export function loggedRows(): LoggedRows {
  return {
    size: 0,
    keyStarts: new Int32Array(LOGGED_ROWS_MAX),
    keyEnds: new Int32Array(LOGGED_ROWS_MAX),
    valueEnds: new Int32Array(LOGGED_ROWS_MAX),
    timestamps: new Float64Array(LOGGED_ROWS_MAX),
  }
}
