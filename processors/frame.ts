// Frames: how rows travel through a repartition topic. One record is one frame: the distinct keys once,
// then a key number, a timestamp and, where they travel, a value per row. The format is private.
import { ByteBuffer, ROOM_BYTES_KEPT } from '../topology/serdes/serde.ts'

const VERSION = 3
/** Without what other tasks tell behind the rows; otherwise the same. */
const VERSION_BEFORE = 2
const HEADER_BYTES = 48
/** What a frame has beside keys and times: bits of its second byte. */
const HAS_VALUES = 1
const HAS_HEADERS = 2
/** What `valueEnds` holds of a row whose value is null: the end all the same, its sign bit set. */
const NULL = 0x8000_0000

/** Bytes of what a task tells behind the frame of another one. */
export const TOLD_BYTES = 28

/** A task that tells its event time behind the frame of another one. */
export interface Told extends FrameTimes {
  readonly writer: number
}

/** Writes what a task tells behind a frame that is there: `TOLD_BYTES` at `at`. */
export function writeTold(view: DataView, at: number, writer: number, times: FrameTimes): void {
  view.setUint32(at, writer, true)
  view.setFloat64(at + 4, times.streamTimeMs, true)
  view.setFloat64(at + 12, times.sentAtMs, true)
  view.setFloat64(at + 20, times.vouchedMs, true)
}

function* toldIn(view: DataView, start: number, end: number): Iterable<Told> {
  for (let at = start; at < end; at += TOLD_BYTES) {
    yield {
      writer: view.getUint32(at, true),
      streamTimeMs: view.getFloat64(at + 4, true),
      sentAtMs: view.getFloat64(at + 12, true),
      vouchedMs: view.getFloat64(at + 20, true),
    }
  }
}

/** Rows of one source task for one target partition. */
export interface Frame {
  /** Partition of the task that wrote it: event time is followed per writer. */
  readonly writer: number
  /** The writer sends no more rows before this event time, or only such as are out of order; epoch ms. */
  readonly streamTimeMs: number
  /** The writer vouches for this event time as one that operators may take for theirs; epoch ms. */
  readonly vouchedMs: number
  /** Wall clock of the writer, epoch ms. */
  readonly sentAtMs: number
  readonly rowCount: number
  /** Ends of the keys in `bytes`; the first starts at `keysStart`. */
  readonly keyEnds: Uint32Array
  readonly keysStart: number
  readonly bytes: Uint8Array
  /** Per row the number of its key. */
  readonly keyOf: Uint32Array
  readonly timestamps: Float64Array
  /** Ends of the rows' values in `bytes`, undefined where values do not travel; see `isNull`. */
  readonly valueEnds: Uint32Array | undefined
  readonly valuesStart: number
  /** Ends of the rows' packed headers in `bytes`, undefined where no row has any. */
  readonly headerEnds: Uint32Array | undefined
  readonly headersStart: number
  /** What other tasks tell behind the rows; to be gone through once, before the next frame is read. */
  readonly told: Iterable<Told>
  /** Writers that have come to the times of the frame, its own or more; where left out, it alone has. */
  readonly together?: readonly number[] | undefined
}

/** The number of a key that is null. */
export const NO_KEY = 0xffff_ffff

/** Where a value ends in a frame's values. */
export const endOf = (valueEnd: number): number => valueEnd & ~NULL
/** Whether a value is null. */
export const isNull = (valueEnd: number): boolean => (valueEnd & NULL) !== 0

/** Times that go out with a frame. */
export interface FrameTimes {
  readonly streamTimeMs: number
  readonly vouchedMs: number
  readonly sentAtMs: number
}

/** Room that a builder begins with: there may be one for each partition that a task writes to at once. */
const ROWS_MIN = 32
const KEYS_MIN = 16

/** Collects the rows for one target partition until they are written as a frame. */
export class FrameBuilder {
  rowCount = 0
  /** Of the frame in work among those of a writer: keys of another one must be added anew. */
  number = 1
  /** The bytes of the keys: write one, then call `endKey`. */
  readonly keys = new ByteBuffer()
  #keyEnds = new Uint32Array(KEYS_MIN)
  #keyCount = 0
  #keyOf = new Uint32Array(ROWS_MIN)
  #timestamps = new Float64Array(ROWS_MIN)
  /** Where the value of a row is written before `addRow`, in frames that carry values. */
  readonly values = new ByteBuffer()
  #valueEnds: Uint32Array<ArrayBuffer> | undefined
  /** Where the packed headers of a row are written before `addRow`. */
  readonly headers = new ByteBuffer()
  #headerEnds: Uint32Array<ArrayBuffer> | undefined

  /** @param hasValues whether rows have values. */
  constructor(hasValues = false) {
    if (hasValues) this.#valueEnds = new Uint32Array(ROWS_MIN)
  }

  /** Ends a key written to `keys`; its number in the frame's own list. */
  endKey(): number {
    if (this.#keyCount === this.#keyEnds.length) {
      const grown = new Uint32Array(this.#keyCount * 2)
      grown.set(this.#keyEnds)
      this.#keyEnds = grown
    }
    this.#keyEnds[this.#keyCount] = this.keys.position
    return this.#keyCount++
  }

  addRow(key: number, timestampMs: number): void {
    const row = this.rowCount
    if (row === this.#keyOf.length) this.#grow()
    this.#keyOf[row] = key
    this.#timestamps[row] = timestampMs
    if (this.headers.position > 0) this.#endHeaders(row)
    this.rowCount = row + 1
  }

  /** Ends the value of the row that is added next. */
  endValue(isNull: boolean): void {
    if (this.rowCount === this.#keyOf.length) this.#grow()
    this.#valueEnds![this.rowCount] = isNull ? this.values.position | NULL : this.values.position
  }

  /** Rows up to the first one with headers have none, and there may be no such row. */
  #endHeaders(row: number): void {
    this.#headerEnds ??= new Uint32Array(this.#keyOf.length)
    this.#headerEnds[row] = this.headers.position
  }

  /** Bytes that `write` will take. */
  get byteLength(): number {
    const { position: headerBytes } = this.headers
    const perRow = (this.#valueEnds === undefined ? 12 : 16) + (headerBytes > 0 ? 4 : 0)
    const bytes = this.keys.position + this.values.position + headerBytes
    return HEADER_BYTES + this.rowCount * perRow + this.#keyCount * 4 + bytes
  }

  /** Writes the frame and begins the next; `bytes` must have room for `byteLength` at `at`. */
  write(bytes: Uint8Array, at: number, writer: number, times: FrameTimes): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, this.byteLength)
    view.setUint8(0, VERSION)
    const { position: headerBytes } = this.headers
    const hasValues = this.#valueEnds === undefined ? 0 : HAS_VALUES
    view.setUint8(1, hasValues | (headerBytes > 0 ? HAS_HEADERS : 0))
    view.setUint32(4, writer, true)
    view.setFloat64(8, times.streamTimeMs, true)
    view.setUint32(16, this.rowCount, true)
    view.setUint32(20, this.#keyCount, true)
    view.setFloat64(24, times.sentAtMs, true)
    view.setFloat64(32, times.vouchedMs, true)
    view.setUint32(40, this.values.position, true)
    view.setUint32(44, headerBytes, true)
    let to = at + HEADER_BYTES
    bytes.set(asBytes(this.#timestamps, this.rowCount * 8), to)
    to += this.rowCount * 8
    bytes.set(asBytes(this.#keyOf, this.rowCount * 4), to)
    to += this.rowCount * 4
    bytes.set(asBytes(this.#keyEnds, this.#keyCount * 4), to)
    to += this.#keyCount * 4
    if (this.#valueEnds !== undefined) {
      bytes.set(asBytes(this.#valueEnds, this.rowCount * 4), to)
      to += this.rowCount * 4
    }
    if (headerBytes > 0) {
      bytes.set(asBytes(this.#headerEnds!, this.rowCount * 4), to)
      to += this.rowCount * 4
    }
    bytes.set(this.keys.bytes.subarray(0, this.keys.position), to)
    to += this.keys.position
    bytes.set(this.values.bytes.subarray(0, this.values.position), to)
    to += this.values.position
    bytes.set(this.headers.bytes.subarray(0, headerBytes), to)
    this.#headerEnds = undefined
    this.headers.clear()
    this.rowCount = 0
    this.#keyCount = 0
    this.keys.clear()
    this.values.clear()
  }

  #grow(): void {
    const keyOf = new Uint32Array(this.rowCount * 2)
    keyOf.set(this.#keyOf)
    this.#keyOf = keyOf
    const timestamps = new Float64Array(this.rowCount * 2)
    timestamps.set(this.#timestamps)
    this.#timestamps = timestamps
    if (this.#valueEnds !== undefined) {
      const valueEnds = new Uint32Array(this.rowCount * 2)
      valueEnds.set(this.#valueEnds)
      this.#valueEnds = valueEnds
    }
    if (this.#headerEnds !== undefined) {
      const headerEnds = new Uint32Array(this.rowCount * 2)
      headerEnds.set(this.#headerEnds)
      this.#headerEnds = headerEnds
    }
  }
}

function asBytes(column: Uint32Array | Float64Array, length: number): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, length)
}

/** Reads frames; columns are copied into one aligned buffer, so a frame lives until the next is read. */
export class FrameReader {
  #buffer = new ArrayBuffer(1_024)

  #makeRoom(length: number): void {
    const { byteLength } = this.#buffer
    const isMuch = byteLength > ROOM_BYTES_KEPT && length <= ROOM_BYTES_KEPT
    if (byteLength >= length && !isMuch) return
    this.#buffer = new ArrayBuffer(length > ROOM_BYTES_KEPT ? length : length * 2)
  }

  /** @throws Error when the bytes are no frame of a known version. */
  read(bytes: Uint8Array, start: number, end: number): Frame {
    const length = end - start
    const version = bytes[start]
    const isKnown = version === VERSION || version === VERSION_BEFORE
    if (length < HEADER_BYTES || !isKnown) {
      throw new Error('not a repartition frame of a known version')
    }
    // Columns must start at a multiple of eight, wherever the frame lay.
    this.#makeRoom(length)
    const copy = new Uint8Array(this.#buffer, 0, length)
    copy.set(bytes.subarray(start, end))
    const view = new DataView(this.#buffer)
    const rowCount = view.getUint32(16, true)
    const keyCount = view.getUint32(20, true)
    const keyOfStart = HEADER_BYTES + rowCount * 8
    const endsStart = keyOfStart + rowCount * 4
    const valueEndsStart = endsStart + keyCount * 4
    const hasValues = (view.getUint8(1) & HAS_VALUES) !== 0
    const hasHeaders = (view.getUint8(1) & HAS_HEADERS) !== 0
    const headerEndsStart = valueEndsStart + (hasValues ? rowCount * 4 : 0)
    const keysStart = headerEndsStart + (hasHeaders ? rowCount * 4 : 0)
    const keyBytes =
      keysStart > length || keyCount === 0 ? 0 : view.getUint32(valueEndsStart - 4, true)
    const valuesStart = keysStart + keyBytes
    const headersStart = valuesStart + view.getUint32(40, true)
    const toldStart = headersStart + (hasHeaders ? view.getUint32(44, true) : 0)
    if (toldStart > length || (length - toldStart) % TOLD_BYTES !== 0) {
      throw new Error('the repartition frame is cut short')
    }
    return {
      writer: view.getUint32(4, true),
      streamTimeMs: view.getFloat64(8, true),
      sentAtMs: view.getFloat64(24, true),
      vouchedMs: view.getFloat64(32, true),
      rowCount,
      keyEnds: new Uint32Array(this.#buffer, endsStart, keyCount),
      keysStart,
      bytes: copy,
      keyOf: new Uint32Array(this.#buffer, keyOfStart, rowCount),
      timestamps: new Float64Array(this.#buffer, HEADER_BYTES, rowCount),
      valueEnds: hasValues ? new Uint32Array(this.#buffer, valueEndsStart, rowCount) : undefined,
      valuesStart,
      headerEnds: hasHeaders ? new Uint32Array(this.#buffer, headerEndsStart, rowCount) : undefined,
      headersStart,
      told: toldIn(view, toldStart, length),
    }
  }
}
