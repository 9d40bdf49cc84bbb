// The row reader in C++: a whole batch in one call. What is left to do here are the zones of wall clocks,
// and the strings behind new ids. Workers ask for it when they start.
import { Column, LOCAL_TIME, PRESENT, type TextIds } from '../../topology/serdes/json-column.ts'
import type { JsonField, JsonFields } from '../../topology/serdes/json-schema.ts'
import type { PackedRows, RowReader, RowReaderFactory } from '../../topology/serdes/row-reader.ts'
import { loadAddon, type Handle } from './addon.ts'

/** Arrays of a column: its presence, and one or two by type. */
type Cells = Uint8Array | Int32Array | Uint32Array | Float64Array | undefined

/** What the addon has for reading rows. */
export interface RowReaderFunctions {
  /** Types and flags are numbers by field; see below. */
  newScanner(names: readonly string[], types: readonly number[], flags: readonly number[]): Handle
  /**
   * Reads rows into cells, three arrays a field. `sizes` becomes the number of texts by field.
   * @returns the number of rows that are left.
   */
  scan(
    scanner: Handle,
    bytes: Uint8Array,
    ends: Uint32Array,
    nulls: Uint8Array,
    count: number,
    status: Uint8Array,
    cells: readonly Cells[],
    sizes: Uint32Array,
  ): number
  textsFrom(scanner: Handle, field: number, id: number): string[]
  idOf(scanner: Handle, field: number, text: Uint8Array): number
  clearTexts(scanner: Handle, field: number): void
}

// The numbers of FieldType in json-scanner.h.
const INTERNED = 0
const TYPES = { string: 1, raw: 2, number: 3, integer: 4, boolean: 5, 'date-time': 6 } as const
// The flags in scanner-binding.cc.
const OPTIONAL = 1
const NULLABLE = 2

/** The factory of row readers in C++, or undefined where the addon is not there. */
export function nativeRowReader(): RowReaderFactory | undefined {
  const { addon } = loadAddon()
  return addon === undefined ? undefined : (fields) => new NativeRowReader(addon, fields)
}

class NativeRowReader implements RowReader {
  readonly columns: readonly Column[]
  readonly #addon: RowReaderFunctions
  #scanner: Handle
  /** Texts of each column's dictionary. */
  readonly #sizes: Uint32Array
  #cells: Cells[] = []
  #rowsMax = -1

  constructor(addon: RowReaderFunctions, fields: JsonFields) {
    const names = Object.keys(fields)
    this.#addon = addon
    this.#sizes = new Uint32Array(names.length)
    this.columns = names.map(
      (name, i) => new Column(name, fields[name]!, i, (index) => this.#textIds(index)),
    )
    this.#scanner = this.#newScanner()
  }

  read(rows: PackedRows, status: Uint8Array): number {
    const { bytes, ends, nulls, count } = rows
    if (count > this.#rowsMax) this.#makeRoom(count)
    const sizes = this.#sizes
    const left = this.#addon.scan(
      this.#scanner,
      bytes,
      ends,
      nulls,
      count,
      status,
      this.#cells,
      sizes,
    )
    for (const column of this.columns) {
      if (column.field.zone !== undefined) toInstants(column, count)
      if (column.dictionary !== undefined) this.#readTexts(column)
    }
    return left
  }

  /** A scanner has its types for good, so it is another one, and the dictionaries are in it. */
  spill(spilled: Column): void {
    spilled.spill()
    this.#scanner = this.#newScanner()
    this.#rowsMax = -1
    for (const column of this.columns) column.renewDictionary()
  }

  #newScanner(): Handle {
    const names = this.columns.map(({ name }) => name)
    const declared = this.columns.map(({ field }) => field)
    return this.#addon.newScanner(names, declared.map(typeOf), declared.map(flagsOf))
  }

  #makeRoom(rows: number): void {
    this.#rowsMax = rows
    this.#cells = this.columns.flatMap((column): Cells[] => {
      column.resize(rows)
      const { presence, ids, starts, ends, numbers } = column
      if (column.dictionary !== undefined) return [presence, ids, undefined]
      const isSpan = column.field.type === 'string' || column.field.type === 'raw'
      return isSpan ? [presence, starts, ends] : [presence, numbers, undefined]
    })
  }

  #readTexts(column: Column): void {
    const { texts, index } = column
    if (this.#sizes[index] === texts.length) return
    for (const text of this.#addon.textsFrom(this.#scanner, index, texts.length)) {
      column.addText(text)
    }
  }

  /** The dictionary of a column for what is read by JSON.parse. */
  #textIds(index: number): TextIds {
    const addon = this.#addon
    const scannerOf = (): Handle => this.#scanner
    const sizes = this.#sizes
    return {
      get size() {
        return sizes[index]!
      },
      idOf(bytes, start, end) {
        const id = addon.idOf(scannerOf(), index, bytes.subarray(start, end))
        if (id === sizes[index]) sizes[index] += 1
        return id
      },
      clear() {
        addon.clearTexts(scannerOf(), index)
        sizes[index] = 0
      },
    }
  }
}

/** Gives wall clocks their zone: its rules are known here only. */
function toInstants({ presence, numbers, field }: Column, rows: number): void {
  const zone = field.zone!
  for (let row = 0; row < rows; row++) {
    if (presence[row] !== LOCAL_TIME) continue
    presence[row] = PRESENT
    numbers[row] = zone.toEpochMs(numbers[row]!)
  }
}

function typeOf(field: JsonField<unknown>): number {
  return field.isInterned ? INTERNED : TYPES[field.type]
}

function flagsOf(field: JsonField<unknown>): number {
  return (field.isOptional ? OPTIONAL : 0) | (field.isNullable ? NULLABLE : 0)
}
