// What the page shows of the police job: the busiest types, outcomes, calls by hour and their rhythms, out
// of the topic that any consumer could read.
import { definePanel, type PanelSection } from 'millrace'
import { CallTotals, HOURS_MAX, type Total } from './call-totals.ts'
import { periodogram, type Rhythm } from './periodogram.ts'
import { callsByOutcome } from './topics.ts'

const SHOWN = 12
const HOUR_MS = 3_600_000
const LINE_POINTS_MAX = 320
const PEAKS_SHOWN = 4
/** The transform takes milliseconds: it is made anew when this many calls more have come. */
const STALE_CALLS = 500

const hourOfDay = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'America/Los_Angeles',
  hour: '2-digit',
  hourCycle: 'h23',
})
const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Los_Angeles' })

const outcomes = definePanel({
  title: 'Police calls',
  topic: callsByOutcome,
  open() {
    const totals = new CallTotals()
    const localHours = new Map<number, string>()
    let rhythms = { calls: -Infinity, found: [] as readonly Rhythm[] }
    return {
      add: (value, partition) => totals.add(value, partition),
      sections() {
        if (totals.calls === 0) return [{ kind: 'note', text: 'There are no results yet.' }]
        if (totals.calls - rhythms.calls > STALE_CALLS) {
          rhythms = { calls: totals.calls, found: periodogram(hourly(totals.hours)) }
        }
        return [
          overview(totals),
          top('Busiest types', 'type', totals.types, totals.calls),
          top('Outcomes', 'outcome', totals.outcomes, totals.calls),
          byHour(totals.hours, localHours),
          ...spectrum(rhythms.found),
        ]
      },
    }
  },
})

/** The panels of the job. */
export const panels = [outcomes]

function overview({ calls, types, hours }: CallTotals): PanelSection {
  const starts = [...hours.keys()]
  const span = `${day.format(Math.min(...starts))} to ${day.format(Math.max(...starts))}`
  const counts = `${calls.toLocaleString('en')} calls of ${types.size.toLocaleString('en')} types`
  return { kind: 'note', text: `${counts}, ${span}. The results tell no district.` }
}

function top(
  title: string,
  column: string,
  totals: ReadonlyMap<string, Total>,
  calls: number,
): PanelSection {
  const busiest = [...totals.values()].sort((a, b) => b.calls - a.calls).slice(0, SHOWN)
  const rows = busiest.map((one) => [one.name, one.calls, `${share(one.calls / calls)} %`])
  return { kind: 'table', title, columns: [column, 'calls', 'share'], rows }
}

const share = (ratio: number): string => (ratio * 100).toFixed(1)

/** The mean of each hour of the day, in San Francisco. */
function byHour(hours: ReadonlyMap<number, number>, local: Map<number, string>): PanelSection {
  const sums = new Map<string, { calls: number; hours: number }>()
  for (const [startMs, calls] of hours) {
    let label = local.get(startMs)
    if (label === undefined) local.set(startMs, (label = hourOfDay.format(startMs)))
    const sum = sums.get(label) ?? { calls: 0, hours: 0 }
    sums.set(label, { calls: sum.calls + calls, hours: sum.hours + 1 })
  }
  for (const startMs of local.keys()) if (!hours.has(startMs)) local.delete(startMs)
  const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    kind: 'bars',
    title: 'Calls by hour of the day',
    unit: 'calls an hour',
    labels: sorted.map(([label]) => label),
    values: sorted.map(([, sum]) => Math.round((sum.calls * 10) / sum.hours) / 10),
  }
}

/** All hours from the first to the last but one, which is still being counted; 0 where nobody called. */
function hourly(hours: ReadonlyMap<number, number>): number[] {
  const starts = [...hours.keys()]
  const last = Math.max(...starts)
  const first = Math.max(Math.min(...starts), last - HOURS_MAX * HOUR_MS)
  const length = Math.max(0, Math.round((last - first) / HOUR_MS))
  return Array.from({ length }, (_, i) => hours.get(first + i * HOUR_MS) ?? 0)
}

function spectrum(rhythms: readonly Rhythm[]): PanelSection[] {
  if (rhythms.length === 0) {
    return [{ kind: 'note', text: 'A periodogram needs results of a week of event time.' }]
  }
  const shown = thinned(rhythms)
  const peaks = [...rhythms].sort((a, b) => b.amplitude - a.amplitude).slice(0, PEAKS_SHOWN)
  return [
    {
      kind: 'line',
      title: 'Periodogram of calls an hour',
      unit: 'amplitude, calls an hour',
      xUnit: 'cycles a day',
      x: shown.map(({ cyclesPerDay }) => Math.round(cyclesPerDay * 1_000) / 1_000),
      y: shown.map(({ amplitude }) => Math.round(amplitude * 100) / 100),
      peaks: peaks.map(({ cyclesPerDay, amplitude }) => {
        const hours = 24 / cyclesPerDay
        return `${hours.toFixed(hours < 100 ? 1 : 0)} h: ${amplitude.toFixed(1)}`
      }),
    },
  ]
}

/** No more points than a line can show; of neighbours the highest, so that no peak is lost. */
function thinned(rhythms: readonly Rhythm[]): Rhythm[] {
  const width = Math.ceil(rhythms.length / LINE_POINTS_MAX)
  const groups = Array.from({ length: Math.ceil(rhythms.length / width) }, (_, i) =>
    rhythms.slice(i * width, (i + 1) * width),
  )
  return groups.map((group) => group.reduce((a, b) => (b.amplitude > a.amplitude ? b : a)))
}
