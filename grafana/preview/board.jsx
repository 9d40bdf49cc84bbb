// The board as Grafana shows it when it opens: rows, panels in their places, folded rows as their titles. Sets the
// page's title to `drawn` when all of it is there.
import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { ThemeContext } from '@grafana/data'
import { GlobalStyles, PanelChrome } from '@grafana/ui'
import board from '../dashboards/stream-processor.json'
import { dress, Inside, theme } from './panels.jsx'
import { framesOf, marksOf } from './prometheus.js'

// As Grafana's own grid: cells of 30 px with 8 px between them.
const CELL = 38
const GAP = 8
const WIDTH = 1600
const COLUMN = WIDTH / 24

function Panel({ panel, marks }) {
  const [frames, setFrames] = useState()
  useEffect(() => {
    void framesOf(panel).then((found) => setFrames(dress(found, panel)))
  }, [panel])
  const { x, y, w, h } = panel.gridPos
  const [width, height] = [Math.floor(w * COLUMN) - GAP, h * CELL - GAP]
  return (
    <div
      className={frames === undefined ? 'waits' : 'drawn'}
      style={{ position: 'absolute', left: x * COLUMN, top: y * CELL, width, height }}
    >
      <PanelChrome {...{ width, height }} title={panel.title}>
        {(innerWidth, innerHeight) =>
          frames === undefined ? null : (
            <Inside {...{ panel, frames, marks }} width={innerWidth} height={innerHeight} />
          )
        }
      </PanelChrome>
    </div>
  )
}

function Row({ row }) {
  const isFolded = row.collapsed === true
  return (
    <div style={{ position: 'absolute', left: 4, top: row.gridPos.y * CELL + 2, fontWeight: 500 }}>
      {isFolded ? '›' : '⌄'}&ensp;{row.title}
      {isFolded ? <span style={{ opacity: 0.6 }}>{` (${row.panels.length} panels)`}</span> : null}
    </div>
  )
}

function Board({ marks }) {
  const { panels } = board
  const height = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * CELL
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.querySelector('.waits') !== null) return
      clearInterval(timer)
      document.title = 'drawn'
    }, 100)
  }, [])
  return (
    <div style={{ position: 'relative', width: WIDTH, height, margin: 8 }}>
      {panels.map((panel) =>
        panel.type === 'row' ? (
          <Row key={panel.id} row={panel} />
        ) : (
          <Panel key={panel.id} panel={panel} marks={marks} />
        ),
      )}
    </div>
  )
}

const marks = await marksOf(board.annotations)
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Board marks={marks} />
  </ThemeContext.Provider>,
)
