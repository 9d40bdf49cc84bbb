// Runs the processor that fills a global store (Kafka's stateUpdateSupplier of addGlobalStore). Made with the
// store, once a worker; GlobalTables calls it with the rows of its topic.
import { TopologyError } from '../topology/errors.ts'
import type { GlobalStoreNode } from '../topology/global-store.ts'
import type { RecordHeader } from '../topology/record.ts'
import type { StoreGetter } from '../topology/processor-stores.ts'
import type { TakeRow } from './global-tables.ts'
import { metadataOf, RecordView } from './headers.ts'
import type { ProcessStore } from './process-stores.ts'
import { userError } from './processor.ts'
import type { SourcePlace } from './row-place.ts'

type Run = (value: unknown, record: RecordView) => void

/** @throws ProcessingError when the processor cannot be made. */
export function globalProcessor(node: GlobalStoreNode, store: ProcessStore): TakeRow {
  const inWork: { place: SourcePlace | undefined; headers: readonly RecordHeader[] | undefined } = {
    place: undefined,
    headers: undefined,
  }
  const getter = ({ name }: { readonly name: string }): ProcessStore => {
    if (name === store.name) return store
    const why = `store ${name} is another one: the processor of a global store has that store only`
    throw new TopologyError(node.name, why)
  }
  const view = new RecordView(inWork)
  let run: Run
  try {
    run = node.make({
      store: getter as unknown as StoreGetter,
      get recordMetadata() {
        return metadataOf(inWork)
      },
    }) as unknown as Run
  } catch (cause) {
    throw userError(node.name, cause)
  }
  return (record, place) => {
    inWork.place = place
    view.record = record
    try {
      run(record.value, view)
    } finally {
      inWork.place = undefined
    }
  }
}
