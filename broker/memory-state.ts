// What tasks save, in memory: tables whose transactions can be undone. One a broker in memory; it outlives
// the tasks, as a directory outlives a process.
import type { StateEnvironment, StateRange, StateTable } from './state-environment.ts'

/** Undoes one write. */
type Undo = () => void

/** All tables, by name. */
export class MemoryState {
  readonly #tables = new Map<string, MemoryTable>()
  #undo: Undo[] | undefined

  /** The tables whose names begin so. */
  environment(prefix: string): StateEnvironment {
    return {
      table: (name) => this.#table(prefix + name),
      transaction: (work) => this.transaction(work),
      close: () => undefined,
    }
  }

  /** Runs `work`; what it writes is undone when it throws. A transaction within another joins it. */
  transaction<T>(work: () => T): T {
    if (this.#undo !== undefined) return work()
    const undo: Undo[] = []
    this.#undo = undo
    try {
      return work()
    } catch (error) {
      for (const step of undo.reverse()) step()
      throw error
    } finally {
      this.#undo = undefined
    }
  }

  #table(name: string): MemoryTable {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = new MemoryTable((undo) => this.#undo?.push(undo))
      this.#tables.set(name, table)
    }
    return table
  }
}

class MemoryTable implements StateTable {
  /** By the key's bytes as Latin-1 text, whose order is that of the bytes. */
  readonly #rows = new Map<string, Buffer>()
  readonly #onWrite: (undo: Undo) => void

  constructor(onWrite: (undo: Undo) => void) {
    this.#onWrite = onWrite
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#rows.get(textOf(key))
  }

  getBinary(key: Uint8Array): Buffer | undefined {
    return this.get(key)
  }

  getBinaryFast(key: Uint8Array): Buffer | undefined {
    return this.get(key)
  }

  putSync(key: Uint8Array, value: Uint8Array): void {
    this.#put(key, Buffer.from(value))
  }

  keepSync(key: Uint8Array, value: Uint8Array): void {
    this.#put(key, Buffer.from(value.buffer, value.byteOffset, value.length))
  }

  removeSync(key: Uint8Array): void {
    const text = textOf(key)
    this.#keep(text)
    this.#rows.delete(text)
  }

  getRange(range: StateRange): { key: Buffer; value: Buffer }[] {
    return this.getKeys(range).map((key) => ({ key, value: this.#rows.get(textOf(key))! }))
  }

  getKeys({ start, end }: StateRange): Buffer[] {
    const [first, last] = [textOf(start), textOf(end)]
    const found = [...this.#rows.keys()].filter((key) => key >= first && key < last)
    return found.sort(inByteOrder).map((key) => Buffer.from(key, 'latin1'))
  }

  #put(key: Uint8Array, value: Buffer): void {
    const text = textOf(key)
    this.#keep(text)
    this.#rows.set(text, value)
  }

  #keep(key: string): void {
    const before = this.#rows.get(key)
    this.#onWrite(() => {
      if (before === undefined) this.#rows.delete(key)
      else this.#rows.set(key, before)
    })
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}

function inByteOrder(one: string, other: string): number {
  return one < other ? -1 : 1
}
