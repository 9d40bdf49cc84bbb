// The two forms that a file of calls can have. The writer and the faults make their text with them.

/** `lines`: one compact object a line. `array`: one array, indented by four spaces, as published. */
export type FileFormat = 'array' | 'lines'

interface FileForm {
  readonly before: string
  readonly between: string
  readonly after: string
  textOf(row: object): string
}

/** What stands before, between and after the rows of a file, and a row's text. */
export const fileForms: Readonly<Record<FileFormat, FileForm>> = {
  lines: {
    before: '',
    between: '\n',
    after: '\n',
    textOf: (row) => JSON.stringify(row),
  },
  array: {
    before: '[\n',
    between: ',\n',
    after: '\n]',
    // Within an array the row comes out with the right indent.
    textOf: (row) => JSON.stringify([row], undefined, 4).slice('[\n'.length, -'\n]'.length),
  },
}
