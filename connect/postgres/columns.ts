// What columns a table has, from the catalogue of the database: read before a table is, and again when it
// has changed.
import type { ColumnType } from './cells.ts'
import { SourceError, type Database } from './database.ts'

/** A column of a table or view. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly isNotNull: boolean
}

/** A table or view as the catalogue has it. */
export interface TableDescription {
  /** As the configuration names it. */
  readonly table: string
  /** Whether its rows have an address (ctid): those of a view have none. */
  readonly hasRowAddress: boolean
  readonly columns: readonly Column[]
}

interface TypeRow {
  readonly name: string
  readonly kind: string
  readonly base: string
  readonly modifier: number
  readonly element: string
}

const NUMERIC_HEADER = 4

/** A name as SQL takes it, whatever is in it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
/** A table as SQL takes it: `"public"."stations"`. */
export const quotedTable = (table: string): string => table.split('.').map(quoted).join('.')

/** Describes a table. @throws SourceError MILLRACE_POSTGRES_TABLE when it is missing */
export async function describeTable(database: Database, table: string): Promise<TableDescription> {
  const found = await database.query(
    `SELECT c.oid::text, c.relkind::text FROM pg_catalog.pg_class c WHERE c.oid = to_regclass($1)`,
    [quotedTable(table)],
  )
  const [[oid, kind] = []] = found.rows
  if (oid === undefined || oid === null) {
    throw new SourceError(
      'MILLRACE_POSTGRES_TABLE',
      `there is no table ${table} at ${database.address}: create it, write SCHEMA.TABLE, or check table.whitelist`,
    )
  }
  const { rows } = await database.query(
    `SELECT attname::text, atttypid::oid::text, atttypmod::text, attnotnull::text
     FROM pg_catalog.pg_attribute
     WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [oid],
  )
  const types = await typesOf(
    database,
    rows.map(([, type]) => type!),
  )
  const columns = rows.map(([name, type, modifier, notNull]) => ({
    name: name!,
    type: typeOf(types, type!, Number(modifier)),
    isNotNull: notNull!.startsWith('t'),
  }))
  return { table, hasRowAddress: kind === 'r' || kind === 'p' || kind === 'm', columns }
}

/** The types with these oids and all that they are made of. */
async function typesOf(
  database: Database,
  oids: readonly string[],
): Promise<ReadonlyMap<string, TypeRow>> {
  const types = new Map<string, TypeRow>()
  for (let wanted = [...new Set(oids)]; wanted.length > 0;) {
    const { rows } = await database.query(
      `SELECT oid::text, typname::text, typtype::text, typbasetype::oid::text, typtypmod::text,
         CASE WHEN typcategory = 'A' AND typlen = -1 THEN typelem ELSE 0 END::text
       FROM pg_catalog.pg_type WHERE oid = ANY($1::oid[])`,
      [`{${wanted.join(',')}}`],
    )
    for (const [oid, name, kind, base, modifier, element] of rows) {
      const type = { name: name!, kind: kind!, base: base!, element: element! }
      types.set(oid!, { ...type, modifier: Number(modifier) })
    }
    const parts = [...types.values()].flatMap(({ base, element }) => [base, element])
    wanted = [...new Set(parts)].filter((oid) => oid !== '0' && !types.has(oid))
    if (rows.length === 0) break
  }
  return types
}

function typeOf(types: ReadonlyMap<string, TypeRow>, oid: string, modifier: number): ColumnType {
  const type = types.get(oid)
  if (type === undefined) return { name: `with oid ${oid}`, kind: '?' }
  const { name, kind, base, element } = type
  // A domain is what it is made of, with the modifier that it was made with.
  if (base !== '0') return typeOf(types, base, type.modifier)
  if (element !== '0') return { name, kind, element: typeOf(types, element, modifier) }
  if (name !== 'numeric' || modifier < NUMERIC_HEADER) return { name, kind }
  const packed = modifier - NUMERIC_HEADER
  // The scale has eleven bits and a sign.
  return { name, kind, precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024 }
}
