// The winner of a session, as a file of properties that `--config` takes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SessionSpec } from './results.ts'
import type { Confirmation } from './summary.ts'
import type { TrialSettings } from './sweep.ts'

/**
 * Writes the base's settings to a file, and the winner's where fresh runs have confirmed it; else the file says why
 * they are not set.
 * @param winner what was found best; undefined where that is the base.
 */
export function writeWinner(
  file: string,
  spec: SessionSpec,
  winner: TrialSettings | undefined,
  confirmation: Confirmation,
): void {
  const isConfirmed = winner !== undefined && confirmation === 'confirmed'
  const all = Object.entries({ ...spec.base, ...(isConfirmed ? winner : {}) })
  const lines = [
    `# What millrace tune found best for ${spec.job}, on ${spec.broker}, ${spec.machine}.`,
    ...commentOf(winner, confirmation),
    ...all.map(([key, value]) => `${key}=${value}`),
  ]
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${lines.join('\n')}\n`)
}

function commentOf(winner: TrialSettings | undefined, confirmation: Confirmation): string[] {
  if (winner === undefined) {
    return ['# Nothing that was tried is better than what was configured, beyond noise.']
  }
  if (confirmation === 'confirmed') {
    const names = Object.keys(winner).join(', ')
    return [`# Found: ${names}. All other keys are as they were, or have their defaults.`]
  }
  const why =
    confirmation === 'not run'
      ? 'it was not run against what was configured yet: --resume goes on.'
      : 'fresh runs against what was configured did not bear it out.'
  const settings = Object.entries(winner).map(([key, value]) => `#   ${key}=${value}`)
  return [`# Best of the sweep, but not set, since ${why}`, ...settings]
}
