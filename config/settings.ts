// Where settings come from, before anybody looks at what they mean: files, overrides, ${env:NAME}.
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Properties } from 'properties-file/parser'
import { ConfigError, type ConfigProblem } from './config-error.ts'

/** A key with its text, as somebody wrote it. */
export interface Setting {
  readonly key: string
  readonly text: string
  /** `config/streams.properties:12`, `--set` or `settings`. */
  readonly source: string
  /** Whether the text must never be shown: its key says so, or it came from the environment. */
  readonly secret: boolean
}

/** Variables of the process, for `${env:NAME}`. */
export type Variables = Readonly<Record<string, string | undefined>>

const SECRET_KEY = /password|secret|token|jaas\.config|\.pem$/

/** Whether the value under `key` must never be shown, wherever it came from. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key)
}

/**
 * Reads one file. A key that stands in it twice is a problem: the last one would win in silence.
 * @throws ConfigError when the file cannot be read.
 */
export function readSettings(file: string, env: Variables, problems: ConfigProblem[]): Setting[] {
  const lines = new Map<string, number>()
  const settings: Setting[] = []
  for (const { key, value, startingLineNumber: line } of new Properties(
    read(file),
  ).getProperties()) {
    const source = `${shortest(file)}:${line}`
    const first = lines.get(key)
    if (first !== undefined) {
      problems.push({
        source,
        key,
        message: `is set before, in line ${first}: keep one of the two`,
      })
      continue
    }
    lines.set(key, line)
    const setting = settingOf(key, value.trim(), source, env, problems)
    if (setting !== undefined) settings.push(setting)
  }
  return settings
}

function shortest(file: string): string {
  const fromHere = relative('', file)
  return fromHere.length < file.length && !fromHere.startsWith('..') ? fromHere : file
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const message = `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new ConfigError([{ source: file, key: 'file', message }])
  }
}

/** A setting with its variables filled in, or undefined when one is missing, which is a problem. */
export function settingOf(
  key: string,
  written: string,
  source: string,
  env: Variables,
  problems: ConfigProblem[],
): Setting | undefined {
  let secret = isSecretKey(key)
  let complete = true
  const text = written.replace(/\$\{env:([^}]*)\}/g, (_all, variable: string) => {
    secret = true
    const value = env[variable]
    if (value !== undefined) return value
    complete = false
    problems.push({ source, key, message: `the environment has no variable ${variable}: set it` })
    return ''
  })
  return complete ? { key, text, source, secret } : undefined
}

/**
 * The paths of those of the files that lie in a directory.
 * @throws ConfigError when there is no such directory, or none of the files in it.
 */
export function filesIn(directory: string, names: readonly string[]): string[] {
  const files = names.map((name) => join(directory, name)).filter((file) => existsSync(file))
  if (files.length > 0) return files
  const message = existsSync(directory)
    ? `has none of ${names.join(', ')}: give a directory that does`
    : `there is no such directory: give one with ${names.join(', ')}`
  throw new ConfigError([{ source: directory, key: '--config', message }])
}
