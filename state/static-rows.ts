// Loads a static table: a JSON file of rows, held whole in the worker that joins with it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Serde } from '../topology/serdes/serde.ts'
import { fromBytes } from '../topology/serdes/serde.ts'
import type { StaticTable } from '../topology/static-table.ts'

/** A static table could not be read. The message names the file and the row. */
export class StaticTableError extends Error {
  override readonly name = 'StaticTableError'
  readonly code = 'MILLRACE_STATIC_TABLE'
}

/**
 * The rows of a static table by key.
 * @throws StaticTableError when the file is missing, no JSON array, has a bad row or a key twice.
 */
export function loadStaticTable(table: StaticTable<never, never>): Map<string | number, unknown> {
  const path = fileURLToPath(table.file)
  const serde = table.row as unknown as Serde<unknown>
  const keyOf = table.keyOf as unknown as (row: unknown) => string | number
  const rows = new Map<string | number, unknown>()
  readRows(table.name, path).forEach((raw, i) => {
    const at = `static table ${table.name}: ${path}, row ${i + 1}`
    let row: unknown
    let key: string | number
    try {
      row = fromBytes(serde, new TextEncoder().encode(JSON.stringify(raw)))
      key = keyOf(row)
    } catch (cause) {
      throw new StaticTableError(`${at}: ${(cause as Error).message}`, { cause })
    }
    if (rows.has(key)) throw new StaticTableError(`${at}: the key ${key} stands there twice`)
    rows.set(key, row)
  })
  return rows
}

function readRows(name: string, path: string): unknown[] {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new StaticTableError(`static table ${name}: ${path}: ${(cause as Error).message}`, {
      cause,
    })
  }
  if (Array.isArray(content)) return content
  throw new StaticTableError(`static table ${name}: ${path}: not a JSON array of rows`)
}
