// The named functions that a case may use in place of user code.
import type { Windowed } from '../../index.ts'
import { Unsupported, type FunctionSpec } from './case.ts'

export type Key = string | Windowed<string> | null

const isWindowed = (thing: unknown): thing is Windowed<string> =>
  typeof thing === 'object' && thing !== null && 'window' in thing

/** The end of a window, null where it has none. */
export const endOf = ({ window }: Windowed<string>): number | null =>
  window.endMs === Infinity ? null : window.endMs

/** The key in a window; one that is windowed again reads as in Java. */
function innerText(key: unknown): string {
  if (!isWindowed(key)) return String(key)
  const { startMs } = key.window
  return `[${innerText(key.key)}@${startMs}/${endOf(key) ?? '9223372036854775807'}]`
}

/** The text of a key or value; null stays null. */
export function text(thing: unknown): string | null {
  if (isWindowed(thing)) return `${innerText(thing.key)}@${thing.window.startMs}-${endOf(thing)}`
  if (thing === null || thing === undefined) return null
  return typeof thing === 'string' ? thing : JSON.stringify(thing)
}

/** The whole number that a value is or spells, else null. */
export function number(value: unknown): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : null
}

const numberOrZero = (value: unknown): number => number(value) ?? 0

function throwIf(value: unknown, trigger: unknown): void {
  if (text(value) === text(trigger)) throw new Error(`the case asked to throw on ${text(trigger)}`)
}

type Two = (one: unknown, two: unknown) => unknown

/** A function of a key and a value. */
export function ofKeyAndValue(spec: FunctionSpec): Two {
  const { value: constant = null } = spec
  const suffix = String(spec.suffix)
  const { sep: separator = '' } = spec as { sep?: string }
  switch (spec.fn) {
    case 'key':
      return (k) => text(k)
    case 'innerKey':
      return (k) => (isWindowed(k) ? k.key : k)
    case 'value':
      return (_k, v) => v
    case 'const':
      return () => constant
    case 'null':
      return () => null
    case 'upper':
      return (_k, v) => text(v)?.toUpperCase() ?? null
    case 'append':
      return (_k, v) => (v === null ? null : text(v) + suffix)
    case 'keyAndValue':
      return (k, v) => `${text(k)}${separator}${text(v)}`
    case 'prefixBeforeColon':
      return (_k, v) => {
        const colon = text(v)?.indexOf(':') ?? -1
        return colon < 0 ? null : text(v)!.slice(0, colon)
      }
    case 'number':
      return (_k, v) => number(v)
    case 'add':
      return (_k, v) => (v === null ? null : numberOrZero(v) + Number(spec.n))
    case 'mod':
      return (_k, v) => floorMod(number(v), Number(spec.mod))
    case 'nullIf':
      return (_k, v) => (text(v) === text(constant) ? null : v)
    case 'throwIf':
      return (_k, v) => {
        throwIf(v, constant)
        return v
      }
    default:
      throw new Unsupported(`function ${spec.fn} of key and value`)
  }
}

function floorMod(dividend: number | null, divisor: number): number | null {
  if (dividend === null) return null
  if (divisor === 0) throw new Error('/ by zero')
  const rest = dividend % divisor
  const found = rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest
  return found + 0
}

/** A function of a key and a value that gives a key. */
export function toKey(spec: FunctionSpec): (key: unknown, value: unknown) => string | null {
  const give = ofKeyAndValue(spec)
  return (key, value) => text(give(key, value))
}

/** A function of two values: (aggregate, value), (old, new), (left, right) or (session, session). */
export function ofTwo(spec: FunctionSpec): Two {
  const { value: constant = null } = spec
  const { sep: separator = '' } = spec as { sep?: string }
  switch (spec.fn) {
    case 'concat':
      return (a, b) => `${text(a)}${separator}${text(b)}`
    case 'sum':
      return (a, b) => numberOrZero(a) + numberOrZero(b)
    case 'sub':
      return (a, b) => numberOrZero(a) - numberOrZero(b)
    case 'count':
      return (a) => numberOrZero(a) + 1
    case 'uncount':
      return (a) => numberOrZero(a) - 1
    case 'min':
      return (a, b) => Math.min(numberOrZero(a), numberOrZero(b))
    case 'max':
      return (a, b) => Math.max(numberOrZero(a), numberOrZero(b))
    case 'first':
      return (a) => a
    case 'last':
      return (_a, b) => b
    case 'null':
      return () => null
    case 'nullIf': {
      const otherwise = ofTwo(spec.else as FunctionSpec)
      return (a, b) => (text(b) === text(constant) ? null : otherwise(a, b))
    }
    case 'throwIf': {
      const otherwise = ofTwo(spec.else as FunctionSpec)
      return (a, b) => {
        throwIf(b, constant)
        return otherwise(a, b)
      }
    }
    default:
      throw new Unsupported(`function ${spec.fn} of two`)
  }
}

/** A predicate of a key and a value. */
export function predicate(spec: FunctionSpec): (key: unknown, value: unknown) => boolean {
  const { value: constant = null } = spec
  switch (spec.fn) {
    case 'valueEven':
      return (_k, v) => number(v) !== null && number(v)! % 2 === 0
    case 'valueMod':
      return (_k, v) => number(v) !== null && number(v)! % Number(spec.mod) === 0
    case 'valueAbove':
      return (_k, v) => number(v) !== null && number(v)! > Number(spec.n)
    case 'valueStartsWith':
      return (_k, v) => v !== null && text(v)!.startsWith(text(constant) ?? '')
    case 'valueIsNull':
      return (_k, v) => v === null
    case 'keyIs':
      return (k) => text(k) === text(constant)
    case 'keyIsNull':
      return (k) => k === null
    case 'always':
      return () => true
    case 'never':
      return () => false
    case 'throwIf':
      return (_k, v) => {
        throwIf(v, constant)
        return true
      }
    default:
      throw new Unsupported(`predicate ${spec.fn}`)
  }
}

/** The pieces between the separators; empty ones and a null value give none. */
export function pieces(value: unknown, separator: string): string[] {
  return (text(value) ?? '').split(separator).filter((piece) => piece !== '')
}
