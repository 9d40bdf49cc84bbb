// The page at /, as HTML: a frame that the scripts in page/ fill. What it may load is only what is served
// here, and nothing of it may be inline.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'

/** Where the page is that a job has for itself. */
export const JOB_PATH = '/job/'

/** What the page, and nothing else, may do in a browser. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
}

let template: string | undefined

/** The page of an application; `jobTitle` is that of the job's own page. @throws Error when its file is not there */
export function indexPage(
  applicationId: string,
  links: readonly { readonly path: string; readonly about: string }[],
  jobTitle?: string,
): string {
  template ??= readFileSync(join(packageRoot(), 'server', 'page', 'index.html'), 'utf8')
  const items = links.map(
    ({ path, about }) => `<li><a href="${path}">${path}</a> ${escapeHtml(about)}</li>`,
  )
  const values: Readonly<Record<string, string>> = {
    application: escapeHtml(applicationId),
    job: jobTitle === undefined ? '' : `<a href="${JOB_PATH}">${escapeHtml(jobTitle)}</a>`,
    links: items.join('\n          '),
  }
  return template.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => values[name] ?? '')
}

/** Text as it may stand in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
