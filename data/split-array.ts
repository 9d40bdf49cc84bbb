// Splits one JSON array of objects without loading it, and finds its way back after a broken row: by
// the next line that starts an object where the array's objects start. rows.ts calls it.
import {
  BACKSLASH,
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COMMA,
  LF,
  QUOTE,
  ROW_BYTES_MAX,
  SPACE,
  TAB,
  isSpace,
} from './split.ts'
import type { SplitSink, Splitter } from './split.ts'

/**
 * `lost`: a row was broken, and the next line that starts an object is looked for. `refused`: text after
 * the array's end was seen and told of.
 */
type Place = 'before' | 'between' | 'row' | 'string' | 'lost' | 'after' | 'refused'

/** The text before a line's first character other than blanks has ended. */
const INSIDE_LINE = -1

/** A splitter for one array of objects, such as `JSON.stringify(rows, undefined, 4)` gives. */
export function arraySplitter(sink: SplitSink): Splitter {
  return new ArraySplitter(sink)
}

class ArraySplitter implements Splitter {
  readonly #sink: SplitSink
  /** The row in work from its first byte on, and then the bytes to look at. */
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #place: Place = 'before'
  #depth = 0
  #rowStart = -1
  #rowLine = 0
  #line = 1
  /** Blanks since the line began, or INSIDE_LINE. */
  #indent = 0
  /** Blanks before the array's objects; INSIDE_LINE when they do not start lines. */
  #objectIndent: number | undefined

  constructor(sink: SplitSink) {
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    this.#bytes = this.#rowStart < 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    this.#scan()
    if (this.#rowStart >= 0 && this.#bytes.length - this.#rowStart > ROW_BYTES_MAX) {
      this.#giveUp(`the row is longer than ${ROW_BYTES_MAX} bytes`)
    }
    // Only the row in work is kept, and looked at no second time; an escape may reach beyond its end.
    const beyond = this.#at - this.#bytes.length
    if (this.#rowStart >= 0) {
      this.#bytes = this.#bytes.subarray(this.#rowStart)
      this.#at = this.#bytes.length + beyond
      this.#rowStart = 0
    } else {
      this.#at = 0
    }
  }

  end(): void {
    if (this.#rowStart >= 0) this.#sink.broken(this.#rowLine, 'the file ends within this row')
    else if (this.#place === 'lost') this.#sink.broken(this.#line, 'no row was found after that')
    else if (this.#place !== 'after' && this.#place !== 'refused') {
      this.#sink.broken(this.#line, 'the array is not closed')
    }
  }

  #scan(): void {
    const bytes = this.#bytes
    for (; this.#at < bytes.length; this.#at++) {
      if (this.#place === 'string' && !this.#skipString(bytes)) return
      const byte = bytes[this.#at]!
      if (byte === SPACE || byte === TAB) {
        if (this.#indent >= 0) this.#indent += 1
      } else if (byte === LF) {
        this.#line += 1
        this.#indent = 0
        if (this.#place === 'string') this.#giveUp('a text is not closed on its line')
      } else {
        const indent = this.#indent
        this.#indent = INSIDE_LINE
        this.#take(byte, indent)
      }
    }
  }

  /** Goes to the text's closing quote or to the line's end; false when the bytes end before that. */
  #skipString(bytes: Buffer): boolean {
    let at = this.#at
    for (;;) {
      const byte = bytes[at]
      if (byte === QUOTE || byte === LF) break
      // A backslash takes the next byte with it; past the end, that is the first of the next chunk.
      at += byte === BACKSLASH ? 2 : 1
      if (at >= bytes.length) {
        this.#at = at
        return false
      }
    }
    this.#at = at
    return true
  }

  #take(byte: number, indent: number): void {
    switch (this.#place) {
      case 'string':
        this.#place = 'row'
        return
      case 'row':
        this.#takeInRow(byte, indent)
        return
      case 'between':
        this.#takeBetween(byte, indent)
        return
      case 'before':
        if (byte === BRACKET_OPEN) this.#place = 'between'
        return
      case 'lost':
        if (byte === BRACE_OPEN && this.#isObjectStart(indent)) this.#startRow()
        else if (this.#isArrayEnd(byte, indent)) this.#place = 'after'
        return
      case 'after':
        if (isSpace(byte)) return
        this.#sink.broken(this.#line, 'text after the end of the array')
        this.#place = 'refused'
        return
      case 'refused':
    }
  }

  #takeInRow(byte: number, indent: number): void {
    if (byte === QUOTE) {
      this.#place = 'string'
    } else if (byte === BRACE_OPEN || byte === BRACKET_OPEN) {
      if (byte === BRACE_OPEN && this.#isObjectStart(indent)) {
        this.#giveUp('the row is not closed')
        this.#startRow()
      } else {
        this.#depth += 1
      }
    } else if (this.#isArrayEnd(byte, indent)) {
      this.#giveUp('the row is not closed')
      this.#place = 'after'
    } else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) {
      this.#depth -= 1
      if (this.#depth > 0) return
      this.#place = 'between'
      this.#sink.row(this.#bytes, this.#rowStart, this.#at + 1, this.#rowLine)
      this.#rowStart = -1
    }
  }

  #takeBetween(byte: number, indent: number): void {
    if (byte === BRACE_OPEN) {
      this.#objectIndent ??= indent
      this.#startRow()
    } else if (byte === BRACKET_CLOSE) {
      this.#place = 'after'
    } else if (byte !== COMMA && !isSpace(byte)) {
      this.#giveUp('no object stands here', this.#line)
    }
  }

  #isObjectStart(indent: number): boolean {
    return indent !== INSIDE_LINE && indent === this.#objectIndent
  }

  /** A bracket further out than the objects: the array's own, whatever a broken row left open. */
  #isArrayEnd(byte: number, indent: number): boolean {
    const objectIndent = this.#objectIndent ?? INSIDE_LINE
    return byte === BRACKET_CLOSE && indent !== INSIDE_LINE && indent < objectIndent
  }

  #startRow(): void {
    this.#place = 'row'
    this.#depth = 1
    this.#rowStart = this.#at
    this.#rowLine = this.#line
  }

  #giveUp(reason: string, line = this.#rowLine): void {
    this.#sink.broken(line, reason)
    this.#place = 'lost'
    this.#rowStart = -1
  }
}
