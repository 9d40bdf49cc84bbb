// The entries of a task's stores in one table: an entry is cut into parts that LMDB likes to write, a
// snapshot deletes what came before it. Used by the checkpoint store, inside its transactions.
import type { StateTable } from '../broker/state-environment.ts'

// Long values need long gaps in the file; parts of this size find room in small ones.
const PART_BYTES_MAX = 262_144
const SUFFIX_BYTES = 9
const SEPARATOR = '\0'

/** A key of a task: its id and a name, so that no task's id can be the beginning of another's. */
export function entryKey(taskId: string, name: string): Buffer {
  return Buffer.from(`${taskId}${SEPARATOR}${name}${SEPARATOR}`)
}

interface StoreLog {
  nextSequence: number
  logBytes: number
  bytes: number
}

/** Per store a sequence of entries, the first of which may be a snapshot. */
export class EntryLog {
  readonly #table: StateTable
  readonly #taskId: string
  readonly #logs = new Map<string, StoreLog>()

  constructor(table: StateTable, taskId: string) {
    this.#table = table
    this.#taskId = taskId
    this.#scan()
  }

  get names(): string[] {
    return [...this.#logs.keys()].sort()
  }

  logBytes(name: string): number {
    return this.#logs.get(name)?.logBytes ?? 0
  }

  /** Bytes of all entries of a store. */
  bytesOf(name: string): number {
    return this.#logs.get(name)?.bytes ?? 0
  }

  /** All entries of a store, in order, as copies. */
  read(name: string): Uint8Array[] {
    const entries: { sequence: number; parts: Buffer[] }[] = []
    for (const { key, value } of this.#table.getRange(this.#rangeOf(name))) {
      const sequence = (key as Buffer).readUInt32BE((key as Buffer).length - SUFFIX_BYTES)
      const last = entries.at(-1)
      if (last?.sequence === sequence) last.parts.push(value)
      else entries.push({ sequence, parts: [value] })
    }
    return entries.map(({ parts }) => Buffer.concat(parts))
  }

  append(name: string, bytes: Uint8Array): void {
    const log = this.#logOf(name)
    this.#write(name, log.nextSequence, false, bytes)
    log.nextSequence += 1
    log.logBytes += bytes.length
    log.bytes += bytes.length
  }

  replace(name: string, bytes: Uint8Array): void {
    this.#removeEntries(name)
    const log = this.#logOf(name)
    this.#write(name, log.nextSequence, true, bytes)
    log.nextSequence += 1
    log.logBytes = 0
    log.bytes = bytes.length
  }

  remove(name: string): void {
    this.#removeEntries(name)
    this.#logs.delete(name)
  }

  #logOf(name: string): StoreLog {
    const known = this.#logs.get(name)
    if (known !== undefined) return known
    const log = { nextSequence: 0, logBytes: 0, bytes: 0 }
    this.#logs.set(name, log)
    return log
  }

  #write(name: string, sequence: number, snapshot: boolean, bytes: Uint8Array): void {
    const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES_MAX))
    for (let part = 0; part < parts; part++) {
      const from = bytes.byteOffset + part * PART_BYTES_MAX
      const length = Math.min(PART_BYTES_MAX, bytes.byteOffset + bytes.length - from)
      const key = this.#keyOf(name, sequence, snapshot, part)
      this.#table.putSync(key, Buffer.from(bytes.buffer, from, length))
    }
  }

  #removeEntries(name: string): void {
    for (const key of [...this.#table.getKeys(this.#rangeOf(name))]) this.#table.removeSync(key)
  }

  /** What the constructor learns of former entries. Only the last part of each is read for it. */
  #scan(): void {
    const prefix = Buffer.from(`${this.#taskId}${SEPARATOR}`)
    const end = Buffer.from(`${this.#taskId}\u0001`)
    const keys = Array.from(this.#table.getKeys({ start: prefix, end }), (key) => Buffer.from(key))
    keys.forEach((key, i) => {
      const suffix = key.length - SUFFIX_BYTES
      const log = this.#logOf(key.toString('utf8', prefix.length, suffix - 1))
      log.nextSequence = key.readUInt32BE(suffix) + 1
      const next = keys[i + 1]
      const isLast = next === undefined || next.readUInt32BE(next.length - 4) === 0
      const length = isLast ? (this.#table.getBinary(key)?.length ?? 0) : PART_BYTES_MAX
      log.bytes += length
      const isSnapshot = key[suffix + 4] === 1
      log.logBytes = isSnapshot ? 0 : log.logBytes + length
    })
  }

  #rangeOf(name: string): { start: Buffer; end: Buffer } {
    const start = entryKey(this.#taskId, name)
    const end = Buffer.from(start)
    end[end.length - 1] = 1
    return { start, end }
  }

  #keyOf(name: string, sequence: number, snapshot: boolean, part: number): Buffer {
    const suffix = Buffer.allocUnsafe(SUFFIX_BYTES)
    suffix.writeUInt32BE(sequence, 0)
    suffix[4] = snapshot ? 1 : 0
    suffix.writeUInt32BE(part, 5)
    return Buffer.concat([entryKey(this.#taskId, name), suffix])
  }
}
