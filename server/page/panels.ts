// What the job shows of its results: sections of data, drawn the same for every job.
import type { Panel, PanelSection } from '../wire.ts'
import { byId, html, table } from './dom.ts'
import { bars, line } from './figures.ts'
import { count } from './format.ts'

let shown = ''

/** Shows the panels; a job without any has no such part of the page. */
export function updatePanels(panels: readonly Panel[]): void {
  byId('results').hidden = panels.length === 0
  byId('results-link').hidden = panels.length === 0
  const state = JSON.stringify(panels)
  if (state === shown) return
  shown = state
  byId('panels').replaceChildren(...panels.map(draw))
}

function draw(panel: Panel): HTMLElement {
  return html(
    'article',
    { 'aria-label': panel.title },
    html('h3', {}, panel.title),
    ...panel.sections.filter(isNote).map(({ text }) => html('p', {}, text)),
    html('p', { class: 'quiet' }, source(panel)),
    html(
      'div',
      { class: 'grid sections' },
      ...panel.sections.flatMap((section) => (isNote(section) ? [] : [drawSection(section)])),
    ),
  )
}

type Note = Extract<PanelSection, { readonly kind: 'note' }>

const isNote = (section: PanelSection): section is Note => section.kind === 'note'

/** Whence the figures are, and whether they are all. */
function source({ topic, rows, behind, unreadable, problem }: Panel): string {
  const parts = [`from ${count(rows)} results in ${topic}`]
  if (behind > 0) parts.push(`${count(behind)} more to read`)
  if (unreadable > 0) parts.push(`${count(unreadable)} could not be read`)
  if (problem !== null) parts.push(`stopped: ${problem}`)
  return parts.join(', ')
}

function drawSection(section: Exclude<PanelSection, Note>): HTMLElement {
  switch (section.kind) {
    case 'bars':
      return bars(section)
    case 'line':
      return line(section)
    case 'table': {
      const { title, columns, rows } = section
      const isNumber = (i: number): boolean => rows.every((row) => /^[\d.]/.test(String(row[i])))
      const named = columns.map((column, i) => ({ title: column, isNumber: i > 0 && isNumber(i) }))
      const cells = rows.map((row) =>
        row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)),
      )
      return html('div', { class: 'scroll' }, table(title, named, cells))
    }
  }
}
