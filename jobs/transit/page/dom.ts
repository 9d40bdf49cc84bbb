// Makes elements. All text goes in as text, so that nothing a station is called becomes markup.

type Attributes = Readonly<Record<string, string | undefined>>

/** An element with attributes and children; an undefined attribute is left out. */
export function html<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(attribute, value)
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
