// The kinds of panels that the board has. Numbers, lines and frames around them are Grafana's own components; heatmap
// and state timeline are not in its package, and drawn here.
import { useLayoutEffect } from 'react'
import { createTheme, getDisplayProcessor } from '@grafana/data'
import { BigValue, BigValueColorMode, BigValueGraphMode, TimeSeries } from '@grafana/ui'
import { from, until } from './prometheus.js'

export const theme = createTheme({ colors: { mode: 'dark' } })
const timeZone = 'utc'
const timeRange = {
  from: { valueOf: () => from * 1_000 },
  to: { valueOf: () => until * 1_000 },
  raw: { from: 'now-5m', to: 'now' },
}

/** Gives the numbers of the frames the panel's unit, thresholds and colours. */
export function dress(frames, { type, fieldConfig }) {
  const { thresholds, custom, ...defaults } = fieldConfig.defaults
  const steps = thresholds?.steps.map((step) => ({ ...step, value: step.value ?? -Infinity }))
  frames.forEach((frame, seriesIndex) => {
    for (const field of frame.fields.slice(1)) {
      field.config = {
        ...defaults,
        displayNameFromDS: field.config.displayNameFromDS,
        thresholds: { mode: 'absolute', steps },
        color: { mode: type === 'timeseries' ? 'palette-classic' : 'thresholds' },
        // Wide enough for the labels: measured before the font is there, they would be cut.
        custom: { drawStyle: 'line', lineWidth: 1, showPoints: 'never', axisWidth: 78, ...custom },
      }
      field.state = { ...field.state, seriesIndex, displayName: field.name }
    }
    for (const field of frame.fields)
      field.display = getDisplayProcessor({ field, theme, timeZone })
  })
  return frames
}

/** A panel's inside. */
export function Inside({ panel, frames, marks, width, height }) {
  const size = { width, height }
  if (frames.length === 0) return <p style={{ textAlign: 'center', opacity: 0.6 }}>No data</p>
  switch (panel.type) {
    case 'stat':
      return <Stat panel={panel} frame={frames[0]} {...size} />
    case 'heatmap':
      return <Heatmap frames={frames} {...size} />
    case 'state-timeline':
      return <States frames={frames} {...size} />
    default:
      return <Lines frames={frames} marks={marks} {...size} />
  }
}

function Stat({ panel, frame, width, height }) {
  const [x, y] = frame.fields
  const last = y.values.findLast((value) => value !== null) ?? null
  const { colorMode, graphMode } = panel.options
  return (
    <BigValue
      {...{ width, height, theme }}
      value={y.display(last)}
      sparkline={graphMode === BigValueGraphMode.Area ? { x, y, timeRange } : undefined}
      colorMode={colorMode ?? BigValueColorMode.Value}
      graphMode={graphMode ?? BigValueGraphMode.None}
    />
  )
}

function Lines({ frames, marks, width, height }) {
  const legend = { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] }
  return (
    <TimeSeries
      {...{ frames, theme, timeRange, timeZone, width, height, legend }}
      structureRev={1}
      options={{}}
    >
      {(config) => <Marks config={config} marks={marks} />}
    </TimeSeries>
  )
}

/** What happened, as dashed lines over a plot. */
function Marks({ config, marks }) {
  useLayoutEffect(() => {
    config.addHook('draw', ({ ctx, bbox, valToPos }) => {
      ctx.save()
      ctx.setLineDash([4, 4])
      for (const { ms, color } of marks) {
        const x = valToPos(ms, 'x', true)
        ctx.strokeStyle = theme.visualization.getColorByName(color)
        ctx.beginPath()
        ctx.moveTo(x, bbox.top)
        ctx.lineTo(x, bbox.top + bbox.height)
        ctx.stroke()
      }
      ctx.restore()
    })
  }, [config, marks])
  return null
}

const ORANGES = [
  '#fff5eb',
  '#fee6ce',
  '#fdd0a2',
  '#fdae6b',
  '#fd8d3c',
  '#f16913',
  '#d94801',
  '#8c2d04',
]
const LEFT = 64
const BOTTOM = 24

/** Buckets over time. They come cumulated: each holds those below it. */
function Heatmap({ frames, width, height }) {
  const rows = frames
    .map(({ fields: [, { labels, values }] }) => ({ le: labels.le, values }))
    .sort((a, b) => boundOf(a.le) - boundOf(b.le))
  const counts = rows.map(({ values }, row) =>
    values.map((value, i) => Math.max(0, (value ?? 0) - (rows[row - 1]?.values[i] ?? 0))),
  )
  const most = Math.max(...counts.flat())
  const [cellW, cellH] = [(width - LEFT) / counts[0].length, (height - BOTTOM) / rows.length]
  const shade = (count) => ORANGES[Math.round((ORANGES.length - 1) * (count / most) ** 0.5)]
  return (
    <svg {...{ width, height }} fontSize="12" fill={theme.colors.text.secondary}>
      {counts.map((row, y) =>
        row.map((count, x) =>
          count === 0 ? null : (
            <rect
              key={`${x} ${y}`}
              x={LEFT + x * cellW}
              y={height - BOTTOM - (y + 1) * cellH}
              width={cellW + 0.3}
              height={cellH - 1}
              fill={shade(count)}
            />
          ),
        ),
      )}
      {rows.map(({ le }, row) =>
        row % 2 === 1 ? null : (
          <text key={le} x={LEFT - 8} y={height - BOTTOM - (row + 0.3) * cellH} textAnchor="end">
            {le === '+Inf' ? '+Inf' : secondsText(Number(le))}
          </text>
        ),
      )}
      <Times {...{ width, height }} />
    </svg>
  )
}

/** One bar a series, in the colours of its states. */
function States({ frames, width, height }) {
  const rowH = (height - BOTTOM) / frames.length
  return (
    <svg {...{ width, height }} fontSize="12" fill={theme.colors.text.primary}>
      {frames.map(({ name, fields: [, y] }, row) => {
        const cellW = (width - LEFT - 40) / y.values.length
        return (
          <g key={name} transform={`translate(0 ${row * rowH})`}>
            <text x={LEFT + 32} y={rowH / 2 + 4} textAnchor="end">
              {name}
            </text>
            {y.values.map((value, i) =>
              value === null ? null : (
                <rect
                  key={i}
                  x={LEFT + 40 + i * cellW}
                  y={rowH * 0.05}
                  width={cellW + 0.3}
                  height={rowH * 0.9}
                  fill={y.display(value).color}
                />
              ),
            )}
          </g>
        )
      })}
      <Times {...{ width, height }} />
    </svg>
  )
}

function Times({ width, height }) {
  const text = (at) => new Date(at * 1_000).toISOString().slice(11, 16)
  return [0.1, 0.5, 0.9].map((share) => (
    <text
      key={share}
      x={LEFT + share * (width - LEFT)}
      y={height - 6}
      textAnchor="middle"
      fill={theme.colors.text.secondary}
    >
      {text(from + share * (until - from))}
    </text>
  ))
}

function boundOf(le) {
  return le === '+Inf' ? Infinity : Number(le)
}

function secondsText(seconds) {
  return seconds < 1 ? `${seconds * 1_000} ms` : `${seconds} s`
}
