// How much memory the stores of an instance may take where the settings leave that to the machine.
import { totalmem } from 'node:os'
import type { StreamsConfig } from '../config/config.ts'

/** What stores get of the memory there is: the rest is for fetched records, results on their way, and the heap. */
const SHARE = 0.25

/** Bytes that all stores of an instance may take together, by `state.memory.max.bytes`. */
export function stateMemoryBytes({
  stateMemoryMaxBytes,
}: Pick<StreamsConfig, 'stateMemoryMaxBytes'>): number {
  return stateMemoryMaxBytes >= 0 ? stateMemoryMaxBytes : Math.floor(memoryBytes() * SHARE)
}

/** What the container that the process runs in allows it, or what the machine has where that is less. */
function memoryBytes(): number {
  // 0 where nothing is told.
  const allowed = process.constrainedMemory()
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
}
