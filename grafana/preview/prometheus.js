// What the board's queries answer, as frames that Grafana's components draw. Grafana's variables are filled in as
// Grafana would, for one job and all of its instances.
import { FieldType, toDataFrame } from '@grafana/data'

const parameters = new URLSearchParams(globalThis.location.search)
/** Seconds since the epoch. */
export const until = Number(parameters.get('until') ?? Math.floor(Date.now() / 1_000))
export const from = until - Number(parameters.get('minutes') ?? 5) * 60
const STEP = 2

/** One frame a series. */
export async function framesOf({ targets }) {
  const answers = await Promise.all(
    targets.map(async (target) => ({ target, series: await query(target.expr) })),
  )
  return answers.flatMap(({ target, series }) =>
    series.map(({ metric, values }) => frameOf(target, metric, values)),
  )
}

/** When each of the board's marks was set, in ms. */
export async function marksOf({ list }) {
  const marks = list.map(async ({ iconColor, expr, useValueForTime }) => {
    const series = await query(expr)
    return series.flatMap(({ values }) => {
      const starts = values.filter(([at], i) => i === 0 || at - values[i - 1][0] > STEP)
      const times = useValueForTime
        ? values.slice(-1).map(([, ms]) => Number(ms))
        : starts.map(([at]) => at * 1_000)
      return times.map((ms) => ({ ms, color: iconColor }))
    })
  })
  return (await Promise.all(marks)).flat().filter(({ ms }) => ms > from * 1_000)
}

async function query(expr) {
  const filledIn = expr
    .replaceAll('$__rate_interval', '8s')
    .replaceAll('$__range', `${until - from}s`)
    .replaceAll('$job', '.+')
    .replaceAll('$instance', '.+')
  const range = new URLSearchParams({ query: filledIn, start: from, end: until, step: STEP })
  const answer = await (await fetch(`/api/v1/query_range?${range}`)).json()
  if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`)
  return answer.data.result
}

function frameOf({ refId, legendFormat = '' }, metric, values) {
  const legend = legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '')
  const name = legend === '' || legend === '__auto' ? Object.values(metric).join(' ') : legend
  // A quantile of nothing is NaN; Grafana draws none.
  const known = values.filter(([, value]) => value !== 'NaN')
  const bySecond = new Map(known.map(([at, value]) => [at, Number(value)]))
  // A point for each step: where a series has none there is a gap, and all series share their times.
  const times = Array.from(
    { length: Math.floor((until - from) / STEP) + 1 },
    (_, i) => from + i * STEP,
  )
  return toDataFrame({
    ...{ refId, name },
    fields: [
      { name: 'Time', type: FieldType.time, values: times.map((at) => at * 1_000) },
      {
        name,
        type: FieldType.number,
        values: times.map((at) => bySecond.get(at) ?? null),
        labels: metric,
        config: { displayNameFromDS: name },
      },
    ],
  })
}
