// A worker thread of the embedded log's tests: it commits rows and the state of one task.
import { workerData } from 'node:worker_threads'
import { openEmbeddedDataPort } from '../../broker/embedded/index.ts'
import { stateKey } from '../../broker/state-keys.ts'
import { numbered } from './records.ts'

/** What the thread is to do. */
export interface WorkerOrder {
  readonly directory: string
  readonly topic: string
  readonly number: number
  readonly commits: number
}

const { directory, topic, number, commits } = workerData as WorkerOrder
const port = openEmbeddedDataPort({ kind: 'embedded', directory, applicationId: 'app' })
const state = port.openState(`0_${number}`)
const table = state.table('commits')
for (let commit = 0; commit < commits; commit++) {
  port.produce({ topic, partition: 0 }, numbered(10, `${number}/${commit}/`))
  port.commit(() =>
    state.transaction(() =>
      table.putSync(stateKey(`0_${number}`, 'last'), Buffer.from(`${commit}`)),
    ),
  )
}
port.close()
