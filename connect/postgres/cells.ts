// What a value of each type becomes: JSON made of PostgreSQL's own text, so that no digit is lost on the way.
import { parse as parseArray } from 'postgres-array'
import { zoneOffsets } from '../../topology/time/zoned-time.ts'
import { dayMs, epochDays, timestampJson, type Granularity } from './times.ts'

/** How values are mapped; keys of the configuration say so. */
export interface Mapping {
  readonly numericMapping: 'none' | 'precision_only' | 'best_fit' | 'best_fit_eager_double'
  readonly timestampGranularity: Granularity
  readonly dbTimezone: string
}

/** A type without domains around it. */
export interface ColumnType {
  /** Its name in pg_type: `int4`, `numeric`, … */
  readonly name: string
  /** pg_type's typtype: `e` for an enumeration. */
  readonly kind: string
  /** Of `numeric(precision, scale)`; undefined where the column has none. */
  readonly precision?: number
  readonly scale?: number
  /** Of an array. */
  readonly element?: ColumnType
}

/** The JSON of a value that is not null; undefined for one that has none, such as the date infinity. */
export type ToJson = (text: string) => string | undefined

const TEXTS = new Set([
  ...['text', 'varchar', 'bpchar', 'name', 'char', 'citext', 'json', 'jsonb', 'uuid', 'xml'],
  ...['inet', 'cidr', 'macaddr', 'macaddr8', 'bit', 'varbit'],
])
const INTEGERS = new Set(['int2', 'int4', 'int8', 'oid'])
/** A `long` of Java holds all numbers of so many digits, and a double the first of them. */
const LONG_DIGITS = 18

/** How values of a type are written; undefined for a type that is not supported. */
export function jsonOf(type: ColumnType, mapping: Mapping): ToJson | undefined {
  const { name, element } = type
  if (element !== undefined) return arrayOf(element, mapping)
  if (TEXTS.has(name) || type.kind === 'e') return JSON.stringify
  if (INTEGERS.has(name)) return asIs
  switch (name) {
    case 'bool':
      return yesOrNo
    case 'float4':
    case 'float8':
      return floating
    case 'numeric':
      return numericOf(type, mapping)
    case 'bytea':
      return (text) => `"${Buffer.from(text.slice(2), 'hex').toString('base64')}"`
    case 'date':
      return (text) => textOf(epochDays(text))
    case 'time':
      return (text) => textOf(dayMs(text))
    case 'timestamp':
      return timestamps(mapping.dbTimezone, mapping)
    case 'timestamptz':
      return timestamps('UTC', mapping)
    default:
      return undefined
  }
}

const textOf = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value)

/** Of whole numbers: PostgreSQL writes them as JSON does. */
export const asIs: ToJson = (text) => text

/** Of booleans. */
export const yesOrNo: ToJson = (text) => (text === 't' || text === 'true' ? 'true' : 'false')

/** Of a `numeric` with all its digits. */
export const decimalText: ToJson = (text) => `"${text}"`

const UTC = zoneOffsets('UTC')

/** Of timestamps as milliseconds, where the clock is that of UTC. */
export const utcMillis: ToJson = (text) => timestampJson(text, UTC, 'connect_logical')

function timestamps(dbTimezone: string, { timestampGranularity }: Mapping): ToJson {
  const zone = zoneOffsets(dbTimezone)
  if (zone.zone === 'UTC' && timestampGranularity === 'connect_logical') return utcMillis
  return (text) => timestampJson(text, zone, timestampGranularity)
}

/** JSON has no NaN and no infinity: they are texts, as Jackson writes them. */
const floating: ToJson = (text) => (/^-?\d/.test(text) ? text : `"${text}"`)

/** As Confluent's connector chooses; what is left is a decimal text, where it has base64. */
function numericOf({ precision, scale = 0 }: ColumnType, { numericMapping }: Mapping): ToJson {
  const isShort = precision !== undefined && precision <= LONG_DIGITS
  const isDouble =
    precision !== undefined &&
    scale > 0 &&
    (numericMapping === 'best_fit_eager_double' || (numericMapping === 'best_fit' && isShort))
  if (isDouble) return (text) => (/^-?\d/.test(text) ? String(Number(text)) : `"${text}"`)
  const isInteger = numericMapping !== 'none' && isShort && scale <= 0
  return isInteger ? floating : decimalText
}

function arrayOf(element: ColumnType, mapping: Mapping): ToJson | undefined {
  const one = jsonOf(element, mapping)
  if (one === undefined) return undefined
  return (text) => {
    let isWhole = true
    const elements = parseArray(text, (value) => {
      const json = one(value)
      if (json === undefined) isWhole = false
      return json ?? 'null'
    })
    return isWhole ? nested(elements) : undefined
  }
}

type Nested = readonly (string | null | Nested)[]

const nested = (values: Nested): string =>
  `[${values.map((value) => (value === null ? 'null' : typeof value === 'string' ? value : nested(value))).join(',')}]`
