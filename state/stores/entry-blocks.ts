// Entry numbers in an order that others decide: in blocks, which are split when they are full, so that one more
// in the middle moves few.

const BLOCK_ENTRIES = 256

/** A part of the order; only the first `size` of its entries count. */
export interface Block {
  readonly entries: Int32Array
  size: number
}

/** A place in an order: between two entries. */
export interface OrderPlace {
  block: number
  slot: number
}

/** The blocks of one order, none of them empty. */
export class EntryBlocks {
  #blocks: Block[] = []
  /** How many entries there are. */
  size = 0

  /** How many blocks there are. */
  get count(): number {
    return this.#blocks.length
  }

  get sizeBytes(): number {
    return this.#blocks.length * BLOCK_ENTRIES * 4
  }

  /** A block by its number; undefined behind the last. */
  at(index: number): Block | undefined {
    return this.#blocks[index]
  }

  /** Whether one more has no room in a block before it is split. */
  isFull({ size }: Block): boolean {
    return size === BLOCK_ENTRIES
  }

  /** Adds an empty block behind the others, for the entry that comes next. */
  push(): Block {
    const block = { entries: new Int32Array(BLOCK_ENTRIES), size: 0 }
    this.#blocks.push(block)
    return block
  }

  /** Puts an entry at a slot of a block that is not full. */
  insert(block: Block, slot: number, entry: number): void {
    block.entries.copyWithin(slot + 1, slot, block.size)
    block.entries[slot] = entry
    block.size += 1
    this.size += 1
  }

  /** Takes out the entry behind a place. */
  remove({ block: index, slot }: OrderPlace): void {
    const block = this.#blocks[index]!
    block.entries.copyWithin(slot, slot + 1, block.size)
    block.size -= 1
    this.size -= 1
    if (block.size === 0) this.#blocks.splice(index, 1)
  }

  /** Keeps the first entries of a block and moves the others to one of their own behind it. */
  split(index: number, kept: number): Block {
    const block = this.#blocks[index]!
    const other = { entries: new Int32Array(BLOCK_ENTRIES), size: block.size - kept }
    other.entries.set(block.entries.subarray(kept, block.size))
    block.size = kept
    this.#blocks.splice(index + 1, 0, other)
    return other
  }

  /** Takes out the first entries; `dropped` is called with each. */
  dropFirst(count: number, dropped: (entry: number) => void): void {
    let gone = 0
    for (let left = count; left > 0;) {
      const block = this.#blocks[gone]!
      const taken = Math.min(left, block.size)
      for (let i = 0; i < taken; i++) dropped(block.entries[i]!)
      if (taken === block.size) gone += 1
      else block.entries.copyWithin(0, taken, block.size)
      block.size -= taken
      left -= taken
    }
    this.#blocks.splice(0, gone)
    this.size -= count
  }

  /** Writes all entries to the beginning of an array. @returns how many they are. */
  copyTo(all: Int32Array): number {
    let size = 0
    for (const block of this.#blocks) {
      all.set(block.entries.subarray(0, block.size), size)
      size += block.size
    }
    return size
  }

  /** Replaces all entries. Blocks are not filled, so that the next ones find room. */
  refill(entries: Int32Array): void {
    this.#blocks = []
    this.size = entries.length
    const step = BLOCK_ENTRIES - BLOCK_ENTRIES / 4
    for (let at = 0; at < entries.length; at += step) {
      const part = entries.subarray(at, at + step)
      const block = this.push()
      block.entries.set(part)
      block.size = part.length
    }
  }

  /** The entry behind a place, which moves on behind it; -1 at the end. */
  next(place: OrderPlace): number {
    const block = this.#blocks[place.block]
    if (block === undefined) return -1
    const entry = block.entries[place.slot]!
    place.slot += 1
    if (place.slot === block.size) {
      place.block += 1
      place.slot = 0
    }
    return entry
  }

  /** The entry before a place, which moves back before it; -1 at the beginning. */
  previous(place: OrderPlace): number {
    if (place.slot === 0) {
      if (place.block === 0) return -1
      place.block -= 1
      place.slot = this.#blocks[place.block]!.size
    }
    place.slot -= 1
    return this.#blocks[place.block]!.entries[place.slot]!
  }
}
