// The grammar of JSON over bytes: where a value ends, or that there is none. As strict as JSON.parse.

/** What `endOfValue` and `endOfString` answer when the bytes are not JSON. */
export const MALFORMED = -1
/** Deeper nesting than this is left to JSON.parse, whose stack is its own. */
export const DEPTH_MAX = 1_000
/** What `endOfValue` answers when the nesting is too deep for it. */
export const TOO_DEEP = -2

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COLON = 0x3a
export const COMMA = 0x2c
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

const IS_SPACE = new Uint8Array(256)
for (const code of [0x20, 0x09, 0x0a, 0x0d]) IS_SPACE[code] = 1

/** Ends a run of plain characters inside a string: control characters, quote, backslash, non-ASCII. */
const ENDS_RUN = new Uint8Array(256).fill(1, 0, 0x20).fill(1, 0x80)
ENDS_RUN[QUOTE] = 1
ENDS_RUN[BACKSLASH] = 1

const IS_ESCAPE = new Uint8Array(256)
for (const char of '"\\/bfnrt') IS_ESCAPE[char.charCodeAt(0)] = 1

/** What the last string read held beyond plain ASCII; reset by the caller. */
export interface StringTraits {
  hasEscape: boolean
  hasNonAscii: boolean
}

/** The first place at or after `at` that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && IS_SPACE[bytes[at]!] === 1) at++
  return at
}

/** From after the opening quote to the closing quote, or MALFORMED. */
export function endOfString(
  bytes: Uint8Array,
  from: number,
  end: number,
  traits: StringTraits,
): number {
  let at = from
  for (;;) {
    while (at < end && ENDS_RUN[bytes[at]!] === 0) at++
    if (at >= end) return MALFORMED
    const code = bytes[at]!
    if (code === QUOTE) return at
    if (code >= 0x80) {
      traits.hasNonAscii = true
      at += 1
    } else if (code === BACKSLASH) {
      traits.hasEscape = true
      const escape = bytes[at + 1]!
      if (at + 1 >= end) return MALFORMED
      if (IS_ESCAPE[escape] === 1) {
        at += 2
      } else if (escape === 0x75 && at + 6 <= end && isHex4(bytes, at + 2)) {
        at += 6
      } else {
        return MALFORMED
      }
    } else {
      return MALFORMED
    }
  }
}

function isHex4(bytes: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 4; i++) {
    const code = bytes[i]!
    const letter = code | 0x20
    if (!((code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x66))) return false
  }
  return true
}

/** From the first byte of a value to the place after it, MALFORMED or TOO_DEEP. */
export function endOfValue(
  bytes: Uint8Array,
  from: number,
  end: number,
  traits: StringTraits,
  depth = 0,
): number {
  if (from >= end) return MALFORMED
  switch (bytes[from]) {
    case QUOTE: {
      const close = endOfString(bytes, from + 1, end, traits)
      return close < 0 ? close : close + 1
    }
    case OPEN_OBJECT:
      return endOfMembers(bytes, from, end, traits, depth, CLOSE_OBJECT)
    case OPEN_ARRAY:
      return endOfMembers(bytes, from, end, traits, depth, CLOSE_ARRAY)
    case 0x74:
      return endOfWord(bytes, from, end, 'true')
    case 0x66:
      return endOfWord(bytes, from, end, 'false')
    case 0x6e:
      return endOfWord(bytes, from, end, 'null')
    default:
      return endOfNumber(bytes, from, end)
  }
}

function endOfMembers(
  bytes: Uint8Array,
  from: number,
  end: number,
  traits: StringTraits,
  depth: number,
  close: number,
): number {
  if (depth >= DEPTH_MAX) return TOO_DEEP
  let at = skipSpace(bytes, from + 1, end)
  if (at < end && bytes[at] === close) return at + 1
  for (;;) {
    if (close === CLOSE_OBJECT) {
      at = endOfKey(bytes, at, end, traits)
      if (at < 0) return at
    }
    at = endOfValue(bytes, at, end, traits, depth + 1)
    if (at < 0) return at
    at = skipSpace(bytes, at, end)
    if (at >= end) return MALFORMED
    if (bytes[at] === close) return at + 1
    if (bytes[at] !== COMMA) return MALFORMED
    at = skipSpace(bytes, at + 1, end)
  }
}

function endOfKey(bytes: Uint8Array, from: number, end: number, traits: StringTraits): number {
  if (from >= end || bytes[from] !== QUOTE) return MALFORMED
  const close = endOfString(bytes, from + 1, end, traits)
  if (close < 0) return close
  const at = skipSpace(bytes, close + 1, end)
  if (at >= end || bytes[at] !== COLON) return MALFORMED
  return skipSpace(bytes, at + 1, end)
}

function endOfWord(bytes: Uint8Array, from: number, end: number, word: string): number {
  if (from + word.length > end) return MALFORMED
  for (let i = 1; i < word.length; i++) {
    if (bytes[from + i] !== word.charCodeAt(i)) return MALFORMED
  }
  return from + word.length
}

/** From the first byte of a number to the place after it, or MALFORMED. */
export function endOfNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  if (at < end && bytes[at] === 0x2d) at++
  if (at < end && bytes[at] === 0x30) {
    at++
  } else {
    const digits = skipDigits(bytes, at, end)
    if (digits === at) return MALFORMED
    at = digits
  }
  if (at < end && bytes[at] === 0x2e) {
    const digits = skipDigits(bytes, at + 1, end)
    if (digits === at + 1) return MALFORMED
    at = digits
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
    const digits = skipDigits(bytes, at, end)
    if (digits === at) return MALFORMED
    at = digits
  }
  return at
}

function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++
  return at
}
