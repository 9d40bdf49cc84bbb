// The entries of a task's stores in one table: an entry is cut into parts that LMDB likes to write, a
// snapshot deletes what came before it, the end of a round what came before the round. Used by the
// checkpoint store, inside its transactions.
import type { StateTable } from '../broker/state-environment.ts'
import { stateKey, stateKeysEnd, stateKeysStart } from '../broker/state-keys.ts'

// Long values need long gaps in the file; parts of this size find room in small ones.
const PART_BYTES_MAX = 262_144
const SUFFIX_BYTES = 9
/** What an entry is. */
const CHANGES = 0
const SNAPSHOT = 1
const ROUND_END = 2

interface StoreLog {
  nextSequence: number
  logBytes: number
  bytes: number
  /** Of the last snapshot or end of a round; -1 without one. */
  lastWhole: number
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

  /**
   * All entries of a store, in order; one at a time, since all of them may be more than memory has room for. Each is
   * valid until the next one is asked for.
   */
  *read(name: string): Generator<Uint8Array, undefined> {
    const keys = Array.from(this.#table.getKeys(this.#rangeOf(name)), (key) => Buffer.from(key))
    let room = new Uint8Array(0)
    for (let first = 0, next = 1; first < keys.length; first = next, next += 1) {
      while (next < keys.length && sequenceOf(keys[next]!) === sequenceOf(keys[first]!)) next += 1
      const parts = keys.slice(first, next)
      if (parts.length === 1 && this.#table.keepSync !== undefined) {
        yield this.#table.getBinary(parts[0]!)!
        continue
      }
      const bytesMax = parts.length * PART_BYTES_MAX
      // As large as the largest, and as warm as it can be: to be touched for the first time is half of what a copy costs.
      if (room.length < bytesMax) room = Buffer.allocUnsafeSlow(bytesMax)
      yield this.#join(parts, room)
    }
  }

  /** An entry of its parts, which are all as long as they may be but for the last. */
  #join(keys: readonly Buffer[], room: Uint8Array): Uint8Array {
    let length = 0
    for (const key of keys) {
      const part = this.#table.getBinaryFast(key)!
      room.set(part.subarray(0, part.length), length)
      length += part.length
    }
    return room.subarray(0, length)
  }

  /** @param isOwn whether the bytes are nobody else's: a table in memory takes them as they are. */
  append(name: string, bytes: Uint8Array, isOwn = false): void {
    const log = this.#logOf(name)
    this.#write(this.#keyOf(name, log.nextSequence, CHANGES), bytes, isOwn)
    log.nextSequence += 1
    log.logBytes += bytes.length
    log.bytes += bytes.length
  }

  /** Appends an entry with which a round ends: all up to the end of the round before, or a snapshot, goes. */
  endRound(name: string, bytes: Uint8Array, isOwn = false): void {
    const log = this.#logOf(name)
    if (log.lastWhole >= 0) this.#removeEntries(name, log.lastWhole)
    log.lastWhole = log.nextSequence
    this.#write(this.#keyOf(name, log.nextSequence, ROUND_END), bytes, isOwn)
    log.nextSequence += 1
    log.logBytes = 0
    log.bytes += bytes.length
  }

  replace(name: string, bytes: Uint8Array, isOwn = false): void {
    this.#removeEntries(name)
    const log = this.#logOf(name)
    log.lastWhole = log.nextSequence
    this.#write(this.#keyOf(name, log.nextSequence, SNAPSHOT), bytes, isOwn)
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
    const log = { nextSequence: 0, logBytes: 0, bytes: 0, lastWhole: -1 }
    this.#logs.set(name, log)
    return log
  }

  /** @param key of the first part. */
  #write(key: Buffer, bytes: Uint8Array, isOwn: boolean): void {
    const table = this.#table
    if (isOwn && table.keepSync !== undefined) {
      table.keepSync(key, bytes)
      return
    }
    const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES_MAX))
    for (let part = 0; part < parts; part++) {
      const from = bytes.byteOffset + part * PART_BYTES_MAX
      const length = Math.min(PART_BYTES_MAX, bytes.byteOffset + bytes.length - from)
      key.writeUInt32BE(part, key.length - 4)
      table.putSync(key, Buffer.from(bytes.buffer, from, length))
    }
  }

  /** Deletes the entries up to one of them, that one too. */
  #removeEntries(name: string, through = Infinity): void {
    const log = this.#logOf(name)
    const range = this.#rangeOf(name)
    for (const key of [...this.#table.getKeys(range)]) {
      if (sequenceOf(Buffer.from(key)) > through) return
      if (through !== Infinity) log.bytes -= this.#table.getBinary(Buffer.from(key))?.length ?? 0
      this.#table.removeSync(key)
    }
  }

  /** What the constructor learns of former entries. Only the last part of each is read for it. */
  #scan(): void {
    const prefix = stateKeysStart(this.#taskId)
    const end = stateKeysEnd(this.#taskId)
    const keys = Array.from(this.#table.getKeys({ start: prefix, end }), (key) => Buffer.from(key))
    keys.forEach((key, i) => {
      const suffix = key.length - SUFFIX_BYTES
      const log = this.#logOf(key.toString('utf8', prefix.length, suffix - 1))
      log.nextSequence = key.readUInt32BE(suffix) + 1
      const next = keys[i + 1]
      const isLast = next === undefined || next.readUInt32BE(next.length - 4) === 0
      const length = isLast ? (this.#table.getBinary(key)?.length ?? 0) : PART_BYTES_MAX
      log.bytes += length
      const isWhole = key[suffix + 4] !== CHANGES
      if (isWhole) log.lastWhole = key.readUInt32BE(suffix)
      log.logBytes = isWhole ? 0 : log.logBytes + length
    })
  }

  #rangeOf(name: string): { start: Buffer; end: Buffer } {
    const start = stateKey(this.#taskId, name)
    const end = Buffer.from(start)
    end[end.length - 1] = 1
    return { start, end }
  }

  /** The key of the first part of an entry. */
  #keyOf(name: string, sequence: number, kind: number): Buffer {
    const suffix = Buffer.alloc(SUFFIX_BYTES)
    suffix.writeUInt32BE(sequence, 0)
    suffix[4] = kind
    return Buffer.concat([stateKey(this.#taskId, name), suffix])
  }
}

function sequenceOf(key: Buffer): number {
  return key.readUInt32BE(key.length - SUFFIX_BYTES)
}
