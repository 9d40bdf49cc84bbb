// One declared field of many JSON rows: typed arrays, and a dictionary where the field is interned. The
// scanner fills it, row views and groupings read it.
import { JsonField } from './json-schema.ts'
import { readUtf8 } from './text.ts'

/** In `presence`: the row has no such member. */
export const ABSENT = 0
/** In `presence`: the member is null. */
export const NULL = 1
/** In `presence`: the member has a value, in the array of its type. */
export const PRESENT = 2

/** In `presence`, while rows are read only: the member is a wall clock that waits for its zone. */
export const LOCAL_TIME = 3
/** In `presence`: the member is a string with escapes, from quote to quote around its cell. */
export const ESCAPED = 4

/** Distinct values of an interned field, and the characters in them, that a dictionary holds at a batch's start. */
const TEXTS_MAX = 65_536
const CHARACTERS_MAX = 8_388_608
/** A text that comes less often than this is not worth its place in a dictionary. */
const ROWS_A_TEXT_MIN = 4

/** Gives equal texts, as UTF-8 bytes, equal ids, counted from 0. */
export interface TextIds {
  /** How many texts are known; the next new one gets this id. */
  readonly size: number
  idOf(bytes: Uint8Array, start: number, end: number): number
  /** Forgets everything; ids given before mean nothing afterwards. */
  clear(): void
}

/** One declared field's values, a cell a row. Which array is used depends on the type. */
export class Column {
  readonly name: string
  /** As declared, but for an interned field that has too many values: it is read as a plain one. */
  field: JsonField<unknown>
  readonly index: number
  readonly key: Uint8Array
  /** Ids of the texts, where the field is interned. */
  dictionary: TextIds | undefined
  /** The strings behind the dictionary's ids; `addText` adds one. */
  texts: string[] = []
  /** Rows that were read with the dictionary as it is. */
  rows = 0
  #characters = 0
  presence = new Uint8Array(0)
  /** Ids of the dictionary; -1 where the row has no string. */
  ids = new Int32Array(0)
  numbers = new Float64Array(0)
  starts = new Uint32Array(0)
  ends = new Uint32Array(0)

  /** `makeTextIds` is called where the field is interned. */
  constructor(
    name: string,
    field: JsonField<unknown>,
    index: number,
    makeTextIds: (index: number) => TextIds,
  ) {
    this.name = name
    this.field = field
    this.index = index
    this.key = new TextEncoder().encode(name)
    this.dictionary = field.isInterned ? makeTextIds(index) : undefined
  }

  /** Makes room for so many rows. */
  resize(rows: number): void {
    if (this.presence.length >= rows) return
    this.presence = new Uint8Array(rows)
    if (this.dictionary !== undefined) this.ids = new Int32Array(rows)
    else if (this.field.type === 'string' || this.field.type === 'raw') {
      this.starts = new Uint32Array(rows)
      this.ends = new Uint32Array(rows)
    } else this.numbers = new Float64Array(rows)
  }

  /** Marks a row's cell as absent. */
  forget(row: number): void {
    this.presence[row] = ABSENT
    if (this.dictionary !== undefined) this.ids[row] = -1
  }

  /** Puts the dictionary's id of these bytes into a row's cell. */
  intern(row: number, bytes: Uint8Array, start: number, end: number): void {
    const id = this.dictionary!.idOf(bytes, start, end)
    if (id === this.texts.length) this.addText(readUtf8(bytes, start, end))
    this.ids[row] = id
  }

  /** The string behind the next id. */
  addText(text: string): void {
    this.texts.push(text)
    this.#characters += text.length
  }

  /** Whether the dictionary, if there is one, holds as much as it may. */
  get isFull(): boolean {
    if (this.dictionary === undefined) return false
    return this.dictionary.size > TEXTS_MAX || this.#characters > CHARACTERS_MAX
  }

  /** Whether texts come often enough for a dictionary to be of use. */
  get isRepeating(): boolean {
    return this.rows >= this.texts.length * ROWS_A_TEXT_MIN
  }

  /** Starts the dictionary anew; ids given before mean nothing then. */
  renewDictionary(): void {
    this.dictionary?.clear()
    this.texts = []
    this.rows = 0
    this.#characters = 0
  }

  /** Gives the dictionary up: from now on cells say where in its row a text lies. */
  spill(): void {
    const { type, isOptional, isNullable } = this.field
    this.renewDictionary()
    this.dictionary = undefined
    this.field = new JsonField(type, { optional: isOptional, nullable: isNullable })
    this.ids = new Int32Array(0)
    this.presence = new Uint8Array(0)
  }

  /** A row's value, made of its cell; `bytes` are those that the cells were read from. */
  valueAt(row: number, bytes: Uint8Array): unknown {
    const presence = this.presence[row]
    if (presence !== PRESENT) {
      if (presence === ESCAPED) return quotedAt(bytes, this.starts[row]!, this.ends[row]!)
      return presence === NULL ? null : undefined
    }
    if (this.dictionary !== undefined) return this.texts[this.ids[row]!]
    switch (this.field.type) {
      case 'string':
        return readUtf8(bytes, this.starts[row]!, this.ends[row]!)
      case 'raw':
        return JSON.parse(readUtf8(bytes, this.starts[row]!, this.ends[row]!))
      case 'boolean':
        return this.numbers[row] === 1
      default:
        return this.numbers[row]
    }
  }
}

/** The text of a string with escapes that lies between two quotes. */
export function quotedAt(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(readUtf8(bytes, start - 1, end + 1)) as string
}
