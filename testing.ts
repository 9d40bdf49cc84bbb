// `millrace/testing`: what tests of a topology need, and nothing that runs in production.
export {
  TopologyTestDriver,
  type TestDriverOptions,
  type TopicRef,
} from './runtime/test-driver/test-driver.ts'
export type { InputRecord, OutputRecord } from './runtime/test-driver/records.ts'
export type { DropReason } from './processors/processor.ts'
