// Work that is waited for until a signal aborts. A promise that stays pending must not be raced with others again and
// again: each race is a reaction on it that holds its outcome for as long as it is pending.

/**
 * What `work` comes to, or undefined as soon as the signal aborts; then how it ends is not told.
 * @throws what `work` throws
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  let abort = (): void => undefined
  const aborted = new Promise<undefined>((resolve) => {
    abort = () => resolve(undefined)
  })
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
