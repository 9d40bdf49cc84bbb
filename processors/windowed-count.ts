// Counts per key and window (Kafka's KStreamWindowAggregate with a count): late records are dropped per
// window, updates go out by the emit strategy, closed windows are given up.
import { packSnapshot, packUnsaved, restoreEntry } from '../state/count-log.ts'
import type { KeyTable } from '../state/key-table.ts'
import { WindowCounts, type WindowOfCounts } from '../state/window-counts.ts'
import type { WindowedCountNode } from '../topology/node.ts'
import { firstWindowStart } from '../topology/windows.ts'
import { StreamRecord, type Forward, type TaskContext } from './processor.ts'

/** The records that come must carry `keys` and `keyId`; the grouping before sees to that. */
export function windowedCount(
  node: WindowedCountNode,
  keys: KeyTable,
  next: Forward,
  context: TaskContext,
): Forward {
  const { windows, emit, name } = node
  const { sizeMs, advanceMs, graceMs } = windows
  const counts = new WindowCounts(name, keys)
  /** Stream time at which the earliest window held closes. */
  let closesAtMs = Infinity
  context.addStore({
    name,
    get rows() {
      return counts.rows
    },
    get sizeBytes() {
      return counts.sizeBytes
    },
    pack: (isSnapshot) => (isSnapshot ? packSnapshot(counts) : packUnsaved(counts)),
    restore(entry) {
      restoreEntry(counts, entry)
      closesAtMs = counts.earliestStartMs + sizeMs + graceMs
    },
  })

  const result = new StreamRecord()
  result.keys = keys
  const forward = (window: WindowOfCounts, entry: number): void => {
    const keyId = window.keyIds[entry]!
    const { startMs } = window
    result.keyId = keyId
    result.windowStartMs = startMs
    result.key = { key: keys.valueOf(keyId), window: { startMs, endMs: startMs + sizeMs } }
    result.value = window.counts[entry]!
    result.timestampMs = window.timestamps[entry]!
    next(result)
  }

  /** Gives up what no record can change any more; final results go out in the order (start, key). */
  const close = (): void => {
    const lastStartMs = context.streamTimeMs - graceMs - sizeMs
    counts.dropThrough(lastStartMs, (window) => {
      if (emit !== 'on-window-close') return
      for (const entry of inKeyOrder(window, keys)) forward(window, entry)
    })
    closesAtMs = counts.earliestStartMs + sizeMs + graceMs
    keys.compactIfDue()
  }
  context.onEmit(() => {
    if (emit === 'on-update-coalesced') counts.drainUpdates(forward)
    else counts.drainUpdates(() => undefined)
    if (context.streamTimeMs >= closesAtMs) close()
  })

  return (record) => {
    const { timestampMs, keyId } = record
    // A window is closed when its end plus grace is not after stream time.
    const closedBeforeMs = context.streamTimeMs - graceMs - sizeMs
    for (
      let startMs = firstWindowStart(timestampMs, windows);
      startMs <= timestampMs;
      startMs += advanceMs
    ) {
      if (startMs <= closedBeforeMs) {
        context.drop(name, 'expired-window')
        continue
      }
      counts.increment(startMs, keyId, timestampMs)
      closesAtMs = Math.min(closesAtMs, startMs + sizeMs + graceMs)
      if (emit === 'on-update') counts.drainUpdates(forward)
    }
  }
}

function inKeyOrder(window: WindowOfCounts, keys: KeyTable): number[] {
  const entries = Array.from({ length: window.size }, (_, entry) => entry)
  const bytesOf = (entry: number): Uint8Array => keys.bytesOf(window.keyIds[entry]!)
  return entries.sort((one, other) => Buffer.compare(bytesOf(one), bytesOf(other)))
}
