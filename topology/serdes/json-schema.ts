// The fields of a declared JSON object: what they are called, what they hold, whether they may miss.
import { SerdeError } from '../errors.ts'
import { zoneOffsets, parseDateTime, type ZoneOffsets } from '../time/zoned-time.ts'

/** What a field holds. `text` covers plain and interned strings. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'date-time' | 'raw'

/** A declared field; made by `json.string()` and its like, refined by its methods. */
export class JsonField<T> {
  declare readonly value: T
  readonly type: JsonType
  readonly isInterned: boolean
  readonly isOptional: boolean
  readonly isNullable: boolean
  readonly zone: ZoneOffsets | undefined

  constructor(
    type: JsonType,
    refinement: {
      interned?: boolean
      optional?: boolean
      nullable?: boolean
      zone?: ZoneOffsets
    } = {},
  ) {
    this.type = type
    this.isInterned = refinement.interned ?? false
    this.isOptional = refinement.optional ?? false
    this.isNullable = refinement.nullable ?? false
    this.zone = refinement.zone
  }

  /**
   * Few distinct values: read as ids of a dictionary, so that grouping needs no strings. One that fills up, with
   * 65,536 values or eight million characters in a task, begins anew, or is given up where values hardly repeat:
   * the field is read like any other string then.
   */
  interned(this: JsonField<string>): JsonField<string> {
    return this.#with({ interned: true }) as JsonField<string>
  }

  /** The field may be missing; it reads as undefined then. */
  optional(): JsonField<T | undefined> {
    return this.#with({ optional: true }) as JsonField<T | undefined>
  }

  /** The field may be null. */
  nullable(): JsonField<T | null> {
    return this.#with({ nullable: true }) as JsonField<T | null>
  }

  #with(change: {
    interned?: boolean
    optional?: boolean
    nullable?: boolean
  }): JsonField<unknown> {
    return new JsonField(this.type, {
      interned: change.interned ?? this.isInterned,
      optional: change.optional ?? this.isOptional,
      nullable: change.nullable ?? this.isNullable,
      ...(this.zone === undefined ? {} : { zone: this.zone }),
    })
  }
}

/** The fields of an object by name. */
export type JsonFields = Readonly<Record<string, JsonField<unknown>>>

type OptionalNames<F extends JsonFields> = {
  [N in keyof F]: undefined extends F[N]['value'] ? N : never
}[keyof F]

/** The type of the objects that fields describe. */
export type JsonObject<F extends JsonFields> = {
  readonly [N in Exclude<keyof F, OptionalNames<F>>]: F[N]['value']
} & { readonly [N in OptionalNames<F>]?: F[N]['value'] }

export const fieldMakers = {
  /** A string. */
  string: (): JsonField<string> => new JsonField<string>('string'),
  /** Any JSON number. */
  number: (): JsonField<number> => new JsonField<number>('number'),
  /** A whole number that a double holds exactly. */
  integer: (): JsonField<number> => new JsonField<number>('integer'),
  /** true or false. */
  boolean: (): JsonField<boolean> => new JsonField<boolean>('boolean'),
  /**
   * A date-time string, read as epoch ms. Without an offset of its own it is the wall clock of `zone`.
   * @throws ZoneError for an unknown zone.
   */
  dateTime: ({ zone }: { zone: string }): JsonField<number> =>
    new JsonField<number>('date-time', { zone: zoneOffsets(zone) }),
  /** Any JSON value, kept as it is and parsed when read. */
  raw: (): JsonField<unknown> => new JsonField<unknown>('raw'),
}

/** A member of a parsed object; what objects inherit, such as `constructor`, is none of its. */
export function memberOf(parsed: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(parsed, name) ? parsed[name] : undefined
}

/**
 * Checks one parsed value against its field.
 * @returns the field's value: of a date-time the epoch ms.
 * @throws SerdeError naming the field and what is wrong with it.
 */
export function checkField(name: string, field: JsonField<unknown>, value: unknown): unknown {
  if (value === undefined) {
    if (field.isOptional) return undefined
    throw new SerdeError(`field "${name}" is missing`)
  }
  if (field.type === 'raw') return value
  if (value === null) {
    if (field.isNullable) return null
    throw new SerdeError(`field "${name}" is null`)
  }
  switch (field.type) {
    case 'string':
      if (typeof value === 'string') return value
      break
    case 'number':
      if (typeof value === 'number') return value
      break
    case 'integer':
      if (Number.isSafeInteger(value)) return value
      break
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
    case 'date-time': {
      const epochMs = typeof value === 'string' ? parseDateTime(value, field.zone!) : NaN
      if (!Number.isNaN(epochMs)) return epochMs
      break
    }
  }
  throw new SerdeError(`field "${name}" is no ${field.type}: ${abridged(value)}`)
}

function abridged(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
