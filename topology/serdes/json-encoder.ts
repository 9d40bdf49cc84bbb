// Writes declared objects as compact JSON straight into the batch to be produced.
import { compileFunction } from 'node:vm'
import { SerdeError } from '../errors.ts'
import type { JsonField, JsonFields } from './json-schema.ts'
import { OVERRUN, Pieces, writeDigits } from './pieces.ts'
import type { ByteSink } from './serde.ts'
import { jsonTextOf, writeUtf8 } from './text.ts'

/** Encoded strings kept at most per field; few distinct ones make up most of what jobs write. */
const ENCODED_MAX = 16_384
/** Longer ones are written as they come. */
const ENCODED_LENGTH_MAX = 64
const ENCODED_BYTES_MAX = 6 * ENCODED_LENGTH_MAX + 2
const DIGITS_MAX = 17
const LABEL = 0

/** Beyond it there are no dates. */
const DATE_MS_MAX = 8.64e15

const encoder = new TextEncoder()
const utf8Of = (text: string): Uint8Array => encoder.encode(text)

/** Writes one field's values. */
class FieldWriter {
  readonly name: string
  readonly field: JsonField<unknown>
  readonly isString: boolean
  readonly isNumber: boolean
  /** Under `LABEL` `"name":` with the comma before it, under other numbers that and a string. */
  readonly pieces = new Pieces()
  readonly #labelText: string
  readonly #encoded = new Map<string, number>()
  #lastText: string | undefined
  #lastPiece = LABEL

  constructor(name: string, field: JsonField<unknown>) {
    this.name = name
    this.field = field
    this.isString = field.type === 'string'
    this.isNumber = field.type === 'number' || field.type === 'integer'
    this.#labelText = `,${JSON.stringify(name)}:`
    this.pieces.set(LABEL, utf8Of(this.#labelText))
  }

  /** Bytes that the field takes at most when it is a short string or a whole number. */
  get bytesMax(): number {
    return this.pieces.lengthOf(LABEL) + (this.isString ? ENCODED_BYTES_MAX : DIGITS_MAX) + OVERRUN
  }

  /** The piece with label and value of a string; -1 for one that is too long to be kept. */
  pieceOf(text: string): number {
    // Results come in runs of one key, a window each.
    if (text === this.#lastText) return this.#lastPiece
    if (text.length > ENCODED_LENGTH_MAX) return -1
    const piece = this.#encoded.get(text) ?? this.#encode(text)
    this.#lastText = text
    this.#lastPiece = piece
    return piece
  }

  #encode(text: string): number {
    if (this.#encoded.size === ENCODED_MAX) {
      this.#encoded.clear()
      this.pieces.clear()
      this.pieces.set(LABEL, utf8Of(this.#labelText))
    }
    const piece = LABEL + 1 + this.#encoded.size
    this.pieces.set(piece, utf8Of(this.#labelText + JSON.stringify(text)))
    this.#encoded.set(text, piece)
    return piece
  }

  /** Label and value, whatever it is. @throws SerdeError when it is not of the field's type. */
  write(value: unknown, sink: ByteSink): void {
    writeUtf8(this.#labelText, sink)
    writeUtf8(this.#textOf(value), sink)
  }

  #textOf(value: unknown): string {
    const { type, isNullable } = this.field
    if (value === null && (isNullable || type === 'raw')) return 'null'
    switch (type) {
      case 'string':
        if (typeof value === 'string') return JSON.stringify(value)
        break
      case 'boolean':
        if (typeof value === 'boolean') return String(value)
        break
      case 'raw':
        if (value !== undefined) return this.#rawTextOf(value)
        break
      case 'date-time':
        if (typeof value === 'number' && Math.abs(value) <= DATE_MS_MAX) {
          return `"${new Date(value).toISOString()}"`
        }
        break
      default: {
        const isIt = type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)
        // Adding 0 makes -0 a 0, as JSON.stringify does.
        if (isIt) return String((value as number) + 0)
      }
    }
    throw new SerdeError(`field "${this.name}" is no ${type}: ${String(value)}`)
  }

  #rawTextOf(value: unknown): string {
    try {
      return jsonTextOf(value)
    } catch (cause) {
      throw new SerdeError(`field "${this.name}": ${(cause as Error).message}`, { cause })
    }
  }
}

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
  const bytesMax = writers.reduce((sum, writer) => sum + writer.bytesMax, 2)

  const read = propertyReader(writers.map(({ name }) => name))
  const values: unknown[] = writers.map(() => undefined)

  return (value, sink) => {
    read(value, values)
    const open = sink.position
    // Room for all fields that are short strings or whole numbers.
    sink.reserve(bytesMax)
    let { view } = sink
    let at = open
    for (let i = 0; i < writers.length; i++) {
      const writer = writers[i]!
      const fieldValue = values[i]
      if (writer.isString && typeof fieldValue === 'string') {
        const piece = writer.pieceOf(fieldValue)
        if (piece >= 0) {
          at = writer.pieces.write(piece, view, at)
          continue
        }
      } else if (
        writer.isNumber &&
        Number.isSafeInteger(fieldValue) &&
        (fieldValue as number) >= 0
      ) {
        at = writeDigits(view, writer.pieces.write(LABEL, view, at), fieldValue as number)
        continue
      }
      if (fieldValue === undefined && writer.field.isOptional) continue
      sink.position = at
      writer.write(fieldValue, sink)
      sink.reserve(bytesMax)
      view = sink.view
      at = sink.position
    }
    // The first field's comma is the brace that opens the object.
    if (at === open) at += 1
    view.setInt8(open, 0x7b)
    view.setInt8(at++, 0x7d)
    sink.position = at
  }
}
