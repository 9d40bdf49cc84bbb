// The files that the page is made of, read once: its own modules and style, and uplot,
// which draws the charts. All are served from here, so that the page asks nobody else. Pages of jobs
// share some of them: base.css, dom.js and format.js.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../config/package-root.ts'
import type { Reply } from './reply.ts'

const MODULES = [
  'main',
  'feed',
  'format',
  'dom',
  'layout',
  'graph',
  'graph-figures',
  'chart',
  'charts',
  'tiles',
  'tables',
  'panels',
  'figures',
]

const require = createRequire(import.meta.url)
const sourceOf = (name: string): string => join(packageRoot(), 'server', 'page', name)
const libraryOf = (name: string): string => require.resolve(`uplot/dist/${name}`)
const compiledOf = (name: string): string =>
  fileURLToPath(new URL(`./page/${name}.js`, import.meta.url))

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

/** Where each file is, by the path it is served under. */
const FILES: ReadonlyMap<string, { readonly type: string; readonly file: string }> = new Map([
  ['/assets/base.css', { type: STYLE, file: sourceOf('base.css') }],
  ['/assets/style.css', { type: STYLE, file: sourceOf('style.css') }],
  ['/assets/icon.svg', { type: 'image/svg+xml', file: sourceOf('icon.svg') }],
  ['/assets/uplot.css', { type: STYLE, file: libraryOf('uPlot.min.css') }],
  ['/assets/uplot.js', { type: SCRIPT, file: libraryOf('uPlot.iife.min.js') }],
  ...MODULES.map(
    (name) => [`/assets/${name}.js`, { type: SCRIPT, file: compiledOf(name) }] as const,
  ),
])

const read = new Map<string, string>()

/** The paths of all files. */
export function assetPaths(): string[] {
  return [...FILES.keys()]
}

/** A file. @throws Error when it is not there: the page was not built. */
export function assetOf(path: string): Reply {
  const { type, file } = FILES.get(path)!
  let body = read.get(path)
  if (body === undefined) {
    body = readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
    read.set(path, body)
  }
  return { status: 200, contentType: type, body }
}
