// Memory that grows where it lies, so that a table of a million entries does not stop to copy them. Only
// WebAssembly's can: its addresses are reserved at once, its pages are taken when they are touched.
import { TableFullError } from '../errors.ts'
import { inHugePages } from './huge-pages.ts'

/** What is used of WebAssembly here; TypeScript knows it with the types of browsers only. */
interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory
}

/** What WebAssembly hands out memory in. */
const PAGE_BYTES = 65_536
/** The most that it can have: 4 GB. */
const PAGES_MAX = 65_536
/** Up to here copying takes less than a millisecond. */
const COPIED_BYTES_MAX = 1_048_576

// V8 compiles what reads arrays as if no buffer ever left its array, and throws all of that away when the first one does,
// as here with the first that grows: in the middle of what a thread begins with. Before that nothing is compiled.
const left = new ArrayBuffer(1)
structuredClone(left, { transfer: [left] })

/** A buffer that keeps its bytes when it grows; new ones are 0. */
export class GrowingMemory {
  /** After `grow` views of the buffer before are of no use: take them anew. */
  buffer: ArrayBuffer
  #memory: WasmMemory | undefined

  /** @param bytes how long it is at first: a multiple of what is kept in it. */
  constructor(bytes: number) {
    this.buffer = new ArrayBuffer(bytes)
  }

  /**
   * Makes the buffer twice as long, or as long as `bytes` needs; what is not touched takes no room.
   * @throws TableFullError beyond 4 GB, and where the system has no more.
   */
  grow(bytes = 0): void {
    const length = Math.max(bytes, this.buffer.byteLength * 2)
    try {
      this.#growTo(length)
    } catch (cause) {
      if (cause instanceof RangeError) throw tableFull(length, cause)
      throw cause
    }
  }

  #growTo(length: number): void {
    const pages = Math.ceil(length / PAGE_BYTES)
    if (this.#memory !== undefined) {
      this.#memory.grow(pages - this.buffer.byteLength / PAGE_BYTES)
      this.buffer = this.#memory.buffer
      inHugePages(new Uint8Array(this.buffer))
      return
    }
    const before = new Uint8Array(this.buffer)
    if (length <= COPIED_BYTES_MAX) {
      this.buffer = new ArrayBuffer(length)
    } else {
      this.#memory = new WebAssembly.Memory({ initial: pages, maximum: PAGES_MAX })
      this.buffer = this.#memory.buffer
    }
    inHugePages(new Uint8Array(this.buffer)).set(before)
  }
}

function tableFull(bytes: number, cause: RangeError): TableFullError {
  const text = `a table of keys or counts of one task cannot grow to ${Math.ceil(bytes / 1_048_576)} MB: ${cause.message}; keep less (retention, grace), or divide the keys among more partitions`
  return new TableFullError(text, { cause })
}
