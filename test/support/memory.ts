// What a process takes of the machine's memory, as the kernel counts it.
import { readFileSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'

const KB_PER_MB = 1_024

/** Resident memory in MB: now, and the most that it has been. */
export function memoryOf({ pid }: Pick<ChildProcess, 'pid'>): { nowMb: number; peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mb = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / KB_PER_MB)
  return { nowMb: mb('VmRSS'), peakMb: mb('VmHWM') }
}
