// Sends what a commit changed in the stores of a task to their changelogs, with its other output.
import type { DataPort } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch.ts'
import { changelogTopic } from '../state/changelog.ts'
import { writeEntry } from '../state/changelog-record.ts'
import type { WriteChangelog } from './task-checkpoints.ts'

/** What writes the changelogs of the stores of one partition. */
export function changelogWriter(
  port: DataPort,
  applicationId: string,
  partition: number,
): WriteChangelog {
  const rows = new RecordBatchBuilder()
  return (store, entry) => {
    writeEntry(rows, entry, Date.now())
    port.produce({ topic: changelogTopic(applicationId, store), partition }, rows)
  }
}
