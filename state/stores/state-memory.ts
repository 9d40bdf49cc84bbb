// What the stores of a thread may hold in memory together. Pages of keys and values beyond it wait in a file, as
// in FASTER's hybrid log (Chandramouli et al., SIGMOD 2018); which ones is found out as in LeanStore (Leis et al.,
// ICDE 2018): the oldest become cold, and whoever asks for a cold one makes it warm again, so that nobody who reads a
// page has to note it.
import { Frame, FrameQueue } from './frame-queue.ts'
import { ScratchFile } from './scratch-file.ts'

/** Of the pages in memory, so many may be warm when all there is room for is taken. */
const WARM_SHARE = 0.75
/** However much memory the rest takes, so many of the largest pages stay. */
const PAGES_MIN = 8
const PAGE_BYTES_MAX = 65_536
/** After so many pages that came or went it is looked at what the rest takes. */
const LOOK_PAGES = 64

/** Bounds what stores keep in memory. */
export interface StateMemoryOptions {
  /** Bytes that the stores may take together; Infinity for any number. */
  readonly bytesMax: number
  /** Where the file lies that has what is beyond: a path that nobody else begins a name with. */
  readonly path: string
  /** The largest page that holds several entries. */
  readonly pageBytesMax?: number
}

/** The memory of the stores of one thread. */
export class StateMemory {
  readonly pageBytesMax: number
  readonly #file: ScratchFile
  readonly #warm = new FrameQueue()
  readonly #cold = new FrameQueue()
  readonly #rests = new Set<() => number>()
  #bytesMax: number
  /** What pages may take, as last looked at. */
  #pagesMax = 0
  #untilLook = 0

  constructor({ bytesMax, path, pageBytesMax = PAGE_BYTES_MAX }: StateMemoryOptions) {
    this.pageBytesMax = pageBytesMax
    this.#bytesMax = bytesMax
    this.#file = new ScratchFile(path)
  }

  /** Bytes that the stores may take together. */
  get bytesMax(): number {
    return this.#bytesMax
  }

  set bytesMax(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#untilLook = 0
    this.#makeRoom(0)
  }

  /** Bytes of pages that are in memory. */
  get pageBytes(): number {
    return this.#warm.bytes + this.#cold.bytes
  }

  /** Takes account of what a store takes beside its pages. @returns what ends it. */
  addRest(bytes: () => number): () => void {
    this.#rests.add(bytes)
    return () => this.#rests.delete(bytes)
  }

  /** Takes a new page in. */
  add(frame: Frame): void {
    this.#makeRoom(frame.length)
    this.#warm.push(frame)
    frame.owner.came(frame)
  }

  /** Makes a page warm that is not, from the file where it has gone there. @throws BrokerError */
  load(frame: Frame): Uint8Array {
    let { bytes } = frame
    if (bytes === undefined) {
      this.#makeRoom(frame.length)
      // A new one each time: whoever still reads the page that it was has that one.
      bytes = new Uint8Array(Buffer.allocUnsafeSlow(frame.length).buffer)
      this.#file.read(frame.place, bytes)
      frame.bytes = bytes
      frame.owner.returned(frame)
      this.#warm.push(frame)
    } else if (frame.queue === this.#cold) {
      this.#cold.remove(frame)
      this.#warm.push(frame)
      this.#makeRoom(0)
    }
    frame.owner.came(frame)
    return bytes
  }

  /** Gives a page up. */
  free(frame: Frame): void {
    frame.queue?.remove(frame)
    if (frame.place >= 0) this.#file.free(frame.place, frame.length)
  }

  /** Gives the file back; of the stores nothing may be used any more. */
  close(): void {
    this.#file.close()
  }

  /** Lets pages become cold, and cold ones go, until there is room for so many bytes. @throws BrokerError */
  #makeRoom(bytes: number): void {
    const room = Math.max(0, this.#look() - bytes)
    // Not the last: who has just asked for it may be about to write it.
    while (this.#warm.bytes > room * WARM_SHARE && this.#warm.first !== this.#warm.last) {
      const frame = this.#warm.shift()!
      this.#cold.push(frame)
      frame.owner.left(frame)
    }
    while (this.pageBytes > room && this.#cold.first !== undefined) this.#putAside(this.#cold.first)
  }

  #look(): number {
    if (this.#untilLook > 0) {
      this.#untilLook -= 1
      return this.#pagesMax
    }
    this.#untilLook = LOOK_PAGES
    let rest = 0
    for (const bytes of this.#rests) rest += bytes()
    this.#pagesMax = Math.max(this.#bytesMax - rest, PAGES_MIN * this.pageBytesMax)
    return this.#pagesMax
  }

  #putAside(frame: Frame): void {
    if (frame.isDirty) {
      if (frame.place < 0) frame.place = this.#file.allocate(frame.length)
      this.#file.write(frame.place, frame.bytes!)
      frame.isDirty = false
      frame.owner.wasWritten()
    }
    this.#cold.remove(frame)
    frame.owner.wentAside(frame)
    frame.bytes = undefined
  }
}
