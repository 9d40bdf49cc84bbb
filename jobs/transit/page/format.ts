// Numbers and times as people in Chicago read them. Needs no browser.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const CHICAGO = 'America/Chicago'
const time = new Intl.DateTimeFormat('en-GB', {
  timeZone: CHICAGO,
  hour: '2-digit',
  minute: '2-digit',
})
const moment = new Intl.DateTimeFormat('en-GB', {
  timeZone: CHICAGO,
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

/** Time of the day in Chicago: `08:15`. */
export const chicagoTime = (ms: number): string => time.format(ms)

/** Day and time in Chicago. */
export const chicagoMoment = (ms: number): string => moment.format(ms)

/** `64 °F (18 °C)` */
export function degrees(fahrenheit: number): string {
  return `${whole.format(fahrenheit)} °F (${whole.format(((fahrenheit - 32) * 5) / 9)} °C)`
}

/** `partly_cloudy` in words. */
export function words(status: string): string {
  const text = status.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
