// What the two row splitters share. They are fed a file in chunks and say where its rows are.

/** Where a splitter puts what it finds. */
export interface SplitSink {
  /** A row: the bytes of one JSON value, valid during the call, and the line it starts on, from 1. */
  row(bytes: Buffer, start: number, end: number, line: number): void
  /** A row that cannot be made out. */
  broken(line: number, reason: string): void
}

/** Takes a file in chunks; `end` is called once after the last. */
export interface Splitter {
  push(chunk: Buffer): void
  end(): void
}

/** Rows above this are given up: without it a missing quote could gather the whole file in memory. */
export const ROW_BYTES_MAX = 16 * 1024 * 1024

export const TAB = 9
export const LF = 10
export const CR = 13
export const SPACE = 32
export const QUOTE = 34
export const BACKSLASH = 92
export const BRACKET_OPEN = 91
export const BRACKET_CLOSE = 93
export const BRACE_OPEN = 123
export const BRACE_CLOSE = 125
export const COMMA = 44

/** Whether a byte is one of JSON's four kinds of white space. */
export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB
}
