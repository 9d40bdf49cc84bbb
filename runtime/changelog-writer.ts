// Sends what a commit changed in the stores of a task to their changelogs, with its other output.
import type { DataPort } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { changelogTopic } from '../state/changelog.ts'
import { PART_BYTES_MAX, writeEntry } from '../state/changelog-record.ts'
import type { WriteChangelog } from './task-checkpoints.ts'

/** What waits for its builder to be handed over; a port that has no room takes copies. */
const LUMP_BYTES = 1_048_576

/** What writes the changelogs of the stores of one partition. */
export function changelogWriter(
  port: DataPort,
  applicationId: string,
  partition: number,
): WriteChangelog {
  const rows = new RecordBatchBuilder()
  const { recordBytesMax = Infinity, limits } = port
  return (store, entry) => {
    const topic = changelogTopic(applicationId, store)
    const bytesMax = Math.min(recordBytesMax, limits?.[topic]?.recordBytesMax ?? Infinity)
    // The rest is room for what the task keeps beside its stores.
    const partBytesMax = Math.min(PART_BYTES_MAX, Math.floor(bytesMax / 2))
    const send = (): void => port.produce({ topic, partition }, rows)
    writeEntry(rows, entry, Date.now(), partBytesMax, () => {
      if (rows.position > LUMP_BYTES) send()
    })
    send()
  }
}
