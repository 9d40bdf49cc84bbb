// The keys that tasks keep their state under, in tables that many tasks share: each begins with the task's id.

/** Ends the id, so that no task's id can be the beginning of another's. */
const SEPARATOR = '\0'
/** What comes right behind all that begins with an id and its separator. */
const BEHIND_SEPARATOR = '\u0001'

/** A key of a task, for what has a name. */
export function stateKey(taskId: string, name: string): Buffer {
  return Buffer.from(`${taskId}${SEPARATOR}${name}${SEPARATOR}`)
}

/** What all keys of a task begin with. */
export function stateKeysStart(taskId: string): Buffer {
  return Buffer.from(`${taskId}${SEPARATOR}`)
}

/** Where the keys of a task are over. */
export function stateKeysEnd(taskId: string): Buffer {
  return Buffer.from(`${taskId}${BEHIND_SEPARATOR}`)
}

/** The task that a key belongs to. */
export function taskOfStateKey(key: Uint8Array): string {
  const end = key.indexOf(SEPARATOR.charCodeAt(0))
  return Buffer.from(end < 0 ? key : key.subarray(0, end)).toString()
}
