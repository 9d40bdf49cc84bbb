// The keys by which a writer groups: bytes by id, and how a record's id is found. Used by the repartition
// writer; by fields of scanned rows it costs look-ups in typed arrays and no string.
import { Dictionary } from '../topology/serdes/dictionary.ts'
import { ByteBuffer, type ByteSink, type Serde } from '../topology/serdes/serde.ts'
import type { GroupKey } from '../topology/node.ts'
import type { Column } from '../topology/serdes/json-column.ts'
import type { JsonScanner } from '../topology/serdes/json-scanner.ts'
import { PairIndex } from './pair-index.ts'
import type { StreamRecord } from './processor.ts'
import { RowView } from './row-view.ts'

/** The group keys that a writer has met: bytes by id. */
export class GroupKeys {
  /** Goes up when all ids are forgotten. */
  epoch = 0
  readonly #dictionary = new Dictionary()
  readonly #serde: Serde<unknown>
  readonly #buffer = new ByteBuffer()

  constructor(serde: Serde<unknown>) {
    this.#serde = serde
  }

  get size(): number {
    return this.#dictionary.size
  }

  idOf(key: unknown): number {
    this.#buffer.position = 0
    this.#serde.serialize(key, this.#buffer)
    return this.#dictionary.idOf(this.#buffer.bytes, 0, this.#buffer.position)
  }

  bytesOf(id: number): Uint8Array {
    return this.#dictionary.bytesOf(id)
  }

  write(id: number, sink: ByteSink): void {
    this.#dictionary.write(id, sink)
  }

  clear(): void {
    this.#dictionary.clear()
    this.epoch += 1
  }
}

/** The id of a record's group key, -1 for a null key. */
export function keyIdOf(key: GroupKey, groups: GroupKeys): (record: StreamRecord) => number {
  if (key.by === 'fields') return fieldsKeyIdOf(key.names, groups)
  if (key.by === 'same-key') {
    return ({ key: same }) => (same === null || same === undefined ? -1 : groups.idOf(same))
  }
  const select = key.select as unknown as (value: unknown, record: StreamRecord) => unknown
  return (record) => {
    const selected = select(record.value, record)
    return selected === null || selected === undefined ? -1 : groups.idOf(selected)
  }
}

/** By fields: rows of a scanner go by the ids of their columns, other values by what they hold. */
function fieldsKeyIdOf(
  names: readonly string[],
  groups: GroupKeys,
): (record: StreamRecord) => number {
  /** Which group a value of the only field is, and of several a way from field to field that ends in one. */
  let groupOfId: number[] = []
  const levels = names.slice(1).map(() => new PairIndex())
  let columns: readonly Column[] | undefined
  let batch = -1
  let dictionaryEpoch = 0
  let groupsEpoch = 0

  /** A new batch has new columns, and ids may have changed their meaning. */
  const enter = (scanner: JsonScanner): void => {
    columns = columnsOf(scanner, names)
    if (dictionaryEpoch !== scanner.dictionaryEpoch || groupsEpoch !== groups.epoch) {
      for (const level of levels) level.clear()
      groupOfId = []
    }
    batch = scanner.batch
    dictionaryEpoch = scanner.dictionaryEpoch
    groupsEpoch = groups.epoch
  }
  return (record) => {
    const value = record.value as Record<string, unknown>
    if (!(value instanceof RowView)) return groups.idOf(pick(value, names))
    const scanner = RowView.scannerOf(value)
    const row = RowView.rowOf(value)
    if (batch !== scanner.batch || groupsEpoch !== groups.epoch) enter(scanner)
    if (columns === undefined) return groups.idOf(pick(value, names))
    let way = columns[0]!.ids[row]!
    if (way < 0) return groups.idOf(pick(value, names))
    const last = levels.length - 1
    if (last < 0) return (groupOfId[way] ??= groups.idOf(pick(value, names)))
    for (let i = 0; i <= last; i++) {
      const id = columns[i + 1]!.ids[row]!
      if (id < 0) return groups.idOf(pick(value, names))
      const level = levels[i]!
      const next = level.find(way, id)
      if (next >= 0) way = next
      else way = level.add(way, id, i === last ? groups.idOf(pick(value, names)) : level.size)
    }
    return way
  }
}

/** The columns of the fields when all of them are interned. */
function columnsOf(scanner: JsonScanner, names: readonly string[]): Column[] | undefined {
  const columns = names.map((name) => scanner.columns.find((column) => column.name === name))
  return columns.every((column) => column?.dictionary !== undefined)
    ? (columns as Column[])
    : undefined
}

function pick(value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const key: Record<string, unknown> = {}
  for (const name of names) key[name] = value[name] ?? null
  return key
}
