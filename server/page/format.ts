// Numbers as people read them. Used by everything on the page; needs no browser.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** Shown where a figure is not known. */
export const UNKNOWN = '–'

/** `12,345` */
export function count(value: number): string {
  return whole.format(value)
}

/** `12.3K`; a number below ten keeps a decimal. */
export function brief(value: number): string {
  return short.format(value)
}

/** `48.1/s`, `12.3K/s` */
export function rate(perSecond: number): string {
  return `${brief(perSecond)}/s`
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

/** `1.2 MB` */
export function bytes(value: number): string {
  let unit = 0
  let left = value
  while (left >= 1_000 && unit < BYTE_UNITS.length - 1) {
    left /= 1_000
    unit += 1
  }
  return `${left >= 100 || unit === 0 ? left.toFixed(0) : left.toFixed(1)} ${BYTE_UNITS[unit]}`
}

const SPANS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365.25 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
]

/** `8.1 y`, `3.5 h`, `120 ms` */
export function duration(ms: number): string {
  const [unit, size] = SPANS.find(([, span]) => Math.abs(ms) >= span) ?? ['ms', 1]
  const value = ms / size
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 1
  return `${value.toFixed(digits)} ${unit}`
}

/** `2018-12-31 23:59:00 UTC` */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

/** `14:03:59`, by the clock of whoever looks. */
export function clock(ms: number): string {
  return time.format(ms)
}
