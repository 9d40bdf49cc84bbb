// The page at /: says what is where. It needs no script and no style sheet.

/** The index page of an application, as HTML. */
export function indexPage(
  applicationId: string,
  links: readonly { readonly path: string; readonly about: string }[],
): string {
  const name = escapeHtml(applicationId)
  const items = links.map(
    ({ path, about }) => `    <li><a href="${path}">${path}</a> ${escapeHtml(about)}</li>`,
  )
  return [
    '<!doctype html>',
    '<html lang="en">',
    '  <head>',
    '    <meta charset="utf-8">',
    `    <title>${name} - Millrace</title>`,
    '  </head>',
    '  <body>',
    `    <h1>${name}</h1>`,
    '    <ul>',
    ...items.map((item) => `  ${item}`),
    '    </ul>',
    '  </body>',
    '</html>',
    '',
  ].join('\n')
}

/** Text as it may stand in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
