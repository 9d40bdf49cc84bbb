// The winner of a session, as a file of properties that `--config` takes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SessionSpec } from './results.ts'
import type { TrialSettings } from './sweep.ts'

/** Writes the base's settings and the winner's to a file. */
export function writeWinner(file: string, spec: SessionSpec, winner: TrialSettings): void {
  const all = Object.entries({ ...spec.base, ...winner })
  const names = Object.keys(winner)
  const lines = [
    `# What millrace tune found best for ${spec.job}, on ${spec.broker}, ${spec.machine}.`,
    names.length === 0
      ? '# Nothing that was tried is better than what was configured, beyond noise.'
      : `# Found: ${names.join(', ')}. All other keys are as they were, or have their defaults.`,
    ...all.map(([key, value]) => `${key}=${value}`),
  ]
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${lines.join('\n')}\n`)
}
