// Writes declared objects as compact JSON straight into the batch to be produced.
import { compileFunction } from 'node:vm'
import { SerdeError } from '../errors.ts'
import { toBytes, type ByteSink } from './serde.ts'
import { utf8 } from './primitive.ts'
import { jsonTextOf, writeInteger, writeUtf8 } from './text.ts'
import type { JsonField, JsonFields } from './json-schema.ts'

/** Encoded strings kept at most; few distinct ones make up most of what jobs write. */
const ENCODED_MAX = 16_384
const ENCODED_LENGTH_MAX = 64

/** Bytes to be copied four at a time, which a piece of JSON's length makes worth it. */
class Piece {
  readonly length: number
  readonly #words: Int32Array

  constructor(text: string) {
    const bytes = toBytes(utf8, text)
    this.length = bytes.length
    this.#words = new Int32Array(Math.ceil(bytes.length / 4))
    new Uint8Array(this.#words.buffer).set(bytes)
  }

  /** May write up to three bytes more than its length; the sink must have room for them. */
  write(view: DataView, at: number): number {
    const words = this.#words
    for (let i = 0; i < words.length; i++) view.setInt32(at + i * 4, words[i]!, IS_LITTLE_ENDIAN)
    return at + this.length
  }
}

/** Beyond it there are no dates. */
const DATE_MS_MAX = 8.64e15

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Writes one field's values. */
class FieldWriter {
  readonly name: string
  readonly field: JsonField<unknown>
  /** `"name":` with the comma before it. */
  readonly label: Piece
  readonly #isString: boolean
  #lastText: string | undefined
  #lastPiece: Piece | undefined

  constructor(name: string, field: JsonField<unknown>) {
    this.name = name
    this.field = field
    this.label = new Piece(`,${JSON.stringify(name)}:`)
    this.#isString = field.type === 'string'
  }

  /** The value as a piece, or undefined when it must be written in another way. */
  pieceOf(value: unknown, encoded: Map<string, Piece>): Piece | undefined {
    if (typeof value !== 'string' || !this.#isString) return undefined
    // Results come in runs of one key, a window each.
    if (value === this.#lastText) return this.#lastPiece
    let piece = encoded.get(value)
    if (piece === undefined) {
      piece = new Piece(JSON.stringify(value))
      if (value.length <= ENCODED_LENGTH_MAX) {
        if (encoded.size === ENCODED_MAX) encoded.clear()
        encoded.set(value, piece)
      }
    }
    this.#lastText = value
    this.#lastPiece = piece
    return piece
  }

  /** Any value that a piece is not made for. @throws SerdeError when it is not of the field's type. */
  write(value: unknown, sink: ByteSink): void {
    const { type, isNullable } = this.field
    if (typeof value === 'number' && type !== 'string' && type !== 'boolean' && type !== 'raw') {
      this.#writeNumber(value, sink)
    } else if (value === null && (isNullable || type === 'raw')) writeUtf8('null', sink)
    else if (typeof value === 'boolean' && type === 'boolean') writeUtf8(String(value), sink)
    else if (type === 'raw' && value !== undefined) this.#writeRaw(value, sink)
    else throw this.#mistaken(value)
  }

  #writeNumber(value: number, sink: ByteSink): void {
    const { type } = this.field
    if (type === 'date-time') {
      if (!(Math.abs(value) <= DATE_MS_MAX)) throw this.#mistaken(value)
      writeUtf8(`"${new Date(value).toISOString()}"`, sink)
    } else if (Number.isSafeInteger(value)) writeInteger(value, sink)
    else if (type === 'number' && Number.isFinite(value)) writeUtf8(String(value), sink)
    else throw this.#mistaken(value)
  }

  #writeRaw(value: unknown, sink: ByteSink): void {
    try {
      writeUtf8(jsonTextOf(value), sink)
    } catch (cause) {
      throw new SerdeError(`field "${this.name}": ${(cause as Error).message}`, { cause })
    }
  }

  #mistaken(value: unknown): SerdeError {
    return new SerdeError(`field "${this.name}" is no ${this.field.type}: ${String(value)}`)
  }
}

/** Room for a label or number beyond what is known, and for what a piece may write too much. */
const SLACK = 16

/** Puts the properties of a value into a list, in a fixed order. */
type PropertyReader = (value: object, into: unknown[]) => void

/**
 * A reader of these properties, compiled as protobufjs compiles its codecs: a loop over names costs a
 * look-up by hash per property and record, a fifth of the time that a result takes.
 */
function propertyReader(names: readonly string[]): PropertyReader {
  const lines = names.map((name, i) => `into[${i}] = value[${JSON.stringify(name)}]`)
  return compileFunction(lines.join('\n'), ['value', 'into']) as PropertyReader
}

/** An encoder of the declared fields, in their order. Undeclared properties are not written. */
export function jsonEncoder(fields: JsonFields): (value: object, sink: ByteSink) => void {
  const writers = Object.entries(fields).map(([name, field]) => new FieldWriter(name, field))
  const encoded = new Map<string, Piece>()
  let bytes = new Uint8Array(0)
  let view = new DataView(bytes.buffer)

  const viewOf = (sink: ByteSink): DataView => {
    if (sink.bytes !== bytes) {
      bytes = sink.bytes as Uint8Array<ArrayBuffer>
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    return view
  }

  const read = propertyReader(writers.map(({ name }) => name))
  const values: unknown[] = writers.map(() => undefined)

  return (value, sink) => {
    read(value, values)
    const open = sink.position
    let at = open
    for (let i = 0; i < writers.length; i++) {
      const writer = writers[i]!
      const fieldValue = values[i]
      if (fieldValue === undefined && writer.field.isOptional) continue
      const piece = writer.pieceOf(fieldValue, encoded)
      sink.position = at
      sink.reserve(writer.label.length + (piece?.length ?? 0) + SLACK)
      at = writer.label.write(viewOf(sink), at)
      if (piece !== undefined) {
        at = piece.write(view, at)
      } else {
        sink.position = at
        writer.write(fieldValue, sink)
        at = sink.position
      }
    }
    sink.position = at
    sink.reserve(2)
    // The first field's comma is the brace that opens the object.
    if (at === open) sink.position += 1
    sink.bytes[open] = 0x7b
    sink.bytes[sink.position++] = 0x7d
  }
}
