// The types a configuration value can have: how each is read from text, and what it expects.

/** How to read a value; `read` answers undefined when the text is not what `expects` says. */
export interface ValueType<T> {
  /** Ends the sentence "… is not …". */
  readonly expects: string
  read(text: string): T | undefined
}

/** Which broker `bootstrap.servers` names. */
export type BootstrapServers =
  | { readonly kind: 'embedded'; readonly address: string; readonly directory: string }
  | { readonly kind: 'kafka'; readonly address: string }

/** Any text but none. */
export const text: ValueType<string> = {
  expects: 'a text',
  read: (value) => (value === '' ? undefined : value),
}

/** A name that is safe in topic names, group ids and directory names. */
export const name: ValueType<string> = {
  expects: 'a name of letters, digits, ".", "_" and "-" (at most 200)',
  read: (value) => (/^[\w.-]{1,200}$/.test(value) && !/^\.+$/.test(value) ? value : undefined),
}

/** Names of topics with commas between them. */
export const topicNames: ValueType<readonly string[]> = {
  expects: 'topic names with commas between them',
  read: (value) => {
    const names = value.split(',').map((one) => one.trim())
    return names.every((one) => /^[\w.-]{1,249}$/.test(one)) ? Object.freeze(names) : undefined
  },
}

/** A whole number within `min` and `max`, both included; `unit` is for the message. */
export function int(min: number, max = Number.MAX_SAFE_INTEGER, unit = ''): ValueType<number> {
  const upTo = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`
  return {
    expects: `a whole number${unit === '' ? '' : ` of ${unit}`} ${upTo}`,
    read: (value) => (/^-?\d+$/.test(value) ? within(Number(value), min, max) : undefined),
  }
}

/** Milliseconds. */
export function ms(min: number, max?: number): ValueType<number> {
  return int(min, max, 'milliseconds')
}

/** Bytes. */
export function bytes(min: number, max?: number): ValueType<number> {
  return int(min, max, 'bytes')
}

/** A decimal number above zero. */
export const positive: ValueType<number> = {
  expects: 'a number above 0',
  read: (value) =>
    /^\d+(\.\d+)?$/.test(value)
      ? within(Number(value), Number.MIN_VALUE, Number.MAX_VALUE)
      : undefined,
}

/** `true` or `false`. */
export const boolean: ValueType<boolean> = {
  expects: 'true or false',
  read: (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): ValueType<T> {
  return {
    expects: `one of ${words.join(', ')}`,
    read: (value) => words.find((word) => word === value),
  }
}

/** Some of a type, parted by commas. */
export function words<T>(type: ValueType<T>): ValueType<readonly T[]> {
  return {
    expects: `${type.expects}, or several parted by commas`,
    read: (value) => {
      const all = value.split(',').map((word) => type.read(word.trim()))
      return all.some((word) => word === undefined) ? undefined : (all as T[])
    },
  }
}

/** An IANA time zone. */
export const timeZone: ValueType<string> = {
  expects: 'a time zone such as America/Los_Angeles or UTC',
  read: (value) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone && value
    } catch {
      return undefined
    }
  },
}

/** `embedded:DIRECTORY`, or Kafka's `host:port,host:port`. */
export const bootstrapServers: ValueType<BootstrapServers> = {
  expects: 'embedded:DIRECTORY or host:port[,host:port]',
  read: (value) => {
    const [, directory] = /^embedded:(.+)$/.exec(value) ?? []
    if (directory !== undefined) return { kind: 'embedded', address: value, directory }
    const servers = value.split(',').map((server) => server.trim())
    if (!servers.every(isHostAndPort)) return undefined
    return { kind: 'kafka', address: servers.join(',') }
  },
}

/** Where a server listens. */
export const endpoint: ValueType<string> = {
  expects: 'a host:port',
  read: (value) => (isHostAndPort(value) ? value : undefined),
}

function isHostAndPort(server: string): boolean {
  const [, port] = /^(?:[\w.-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(server) ?? []
  return port !== undefined && within(Number(port), 1, 65_535) !== undefined
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined
}
