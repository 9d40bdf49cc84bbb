// Finds the job that a command names and loads its topology. Used by start, describe and demo.
import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nearest } from '../config/nearest.ts'
import { assertPage, type JobPage } from '../topology/job-page.ts'
import { assertPanels, type JobPanel } from '../topology/panel.ts'
import { assertTopology, type Topology } from '../topology/topology.ts'
import { UsageError } from './exit-codes.ts'

/** A job that was found and loaded; workers import the same `url`. */
export interface LoadedJob {
  readonly url: URL
  readonly topology: Topology
  /** What it shows of its results on the page. */
  readonly panels: readonly JobPanel[]
  /** The page that it has for itself. */
  readonly page: JobPage | undefined
}

// Beside the compiled cli/, wherever that lies.
const JOBS = new URL('../jobs/', import.meta.url)

/** Names of the jobs that come with the package. */
export function knownJobs(): string[] {
  return readdirSync(JOBS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(topologyOf(entry.name)))
    .map(({ name }) => name)
    .sort()
}

/**
 * Loads a job by the name of one that comes with the package, or by the path or file: URL of a module
 * whose default export is a Topology. Loading runs the module, and nothing else.
 * @throws UsageError when there is no such job; TopologyError when the module has none, or a wrong one, or panels
 * or a page that are none.
 */
export async function loadJob(name: string): Promise<LoadedJob> {
  const url = urlOf(name)
  const module = (await import(url.href).catch((error: unknown) => {
    throw explained(error, name)
  })) as { readonly default?: unknown; readonly panels?: unknown; readonly page?: unknown }
  return {
    url,
    topology: assertTopology(module.default, name),
    panels: assertPanels(module.panels, name),
    page: assertPage(module.page, name),
  }
}

function urlOf(name: string): URL {
  if (name.startsWith('file:')) return existing(new URL(name), name)
  const isPath = /[/\\]|\.[cm]?[jt]s$/.test(name)
  if (isPath) return existing(pathToFileURL(resolve(name)), name)
  if (existsSync(topologyOf(name))) return topologyOf(name)
  const known = knownJobs()
  const guess = nearest(name, known)
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`
  throw new UsageError(
    `there is no job "${name}".${hint} Known: ${known.join(', ') || 'none'}; or give the path of a module`,
  )
}

function topologyOf(name: string): URL {
  return new URL(`${encodeURIComponent(name)}/topology.js`, JOBS)
}

function existing(url: URL, name: string): URL {
  if (existsSync(fileURLToPath(url))) return url
  throw new UsageError(`there is no file ${name}`)
}

function explained(error: unknown, name: string): unknown {
  const isForeign =
    error instanceof Error && 'code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION'
  if (!isForeign) return error
  const message = `${name}: this version of Node cannot run TypeScript: compile it, or use Node 24`
  return new UsageError(message, { cause: error })
}
