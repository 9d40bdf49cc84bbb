// Waiting for something that will be so, however slow the machine.
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Resolves as soon as the condition holds.
 * @throws Error with what was waited for, after `timeoutMs`.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`within ${timeoutMs} ms it was not so: ${what}`)
    await sleep(5)
  }
}
