// Makes elements. All text goes in as text, so that nothing an application is called becomes markup.

type Child = Node | string

const SVG = 'http://www.w3.org/2000/svg'

/** An HTML element with attributes and children; an undefined attribute is left out. */
export function html<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return filled(document.createElement(name), attributes, children)
}

/** The same for SVG. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS(SVG, name), attributes, children)
}

function filled<E extends Element>(
  element: E,
  attributes: Readonly<Record<string, string | number | undefined>>,
  children: readonly Child[],
): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, String(value))
  }
  element.append(...children)
  return element
}

/** The element of an id that the page has. @throws Error when it has none. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page has no #${id}`)
  return element
}

/** Changes a text only where it is another: what stands still is not read out again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** A column of a table; numbers are aligned to the right. */
export interface Column {
  readonly title: string
  readonly isNumber?: boolean
}

/** A table with a caption. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Child[])[],
): HTMLTableElement {
  const kind = ({ isNumber }: Column) => (isNumber === true ? 'number' : undefined)
  return html(
    'table',
    {},
    html('caption', {}, caption),
    html(
      'thead',
      {},
      html(
        'tr',
        {},
        ...columns.map((column) => html('th', { scope: 'col', class: kind(column) }, column.title)),
      ),
    ),
    html(
      'tbody',
      {},
      ...rows.map((row) =>
        html(
          'tr',
          {},
          ...row.map((cell, i) => html('td', { class: kind(columns[i] ?? { title: '' }) }, cell)),
        ),
      ),
    ),
  )
}
