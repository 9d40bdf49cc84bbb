// What a panel of a job is made of: data that the page knows how to draw. Nothing is markup.

/** Rows of text and numbers. */
export interface TableSection {
  readonly kind: 'table'
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** One bar a label. */
export interface BarsSection {
  readonly kind: 'bars'
  readonly title: string
  /** What the values are: `calls an hour`. */
  readonly unit: string
  readonly labels: readonly string[]
  readonly values: readonly number[]
}

/** A line of values over values. */
export interface LineSection {
  readonly kind: 'line'
  readonly title: string
  /** What the values are, and what they are over. */
  readonly unit: string
  readonly xUnit: string
  /** Rising. */
  readonly x: readonly number[]
  readonly y: readonly number[]
  /** What the highest points are, for those who cannot see the line. */
  readonly peaks: readonly string[]
}

/** A sentence. */
export interface NoteSection {
  readonly kind: 'note'
  readonly text: string
}

/** A part of what a panel shows. */
export type PanelSection = TableSection | BarsSection | LineSection | NoteSection
