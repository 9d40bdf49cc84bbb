// Everything public: the DSL, serdes, runStreams, the config type and errors.
export { BrokerError, type BrokerErrorCode } from './broker/ports.ts'
export { ConfigError, streamsConfig, type Settings, type StreamsConfig } from './config/config.ts'
export type { QueryProgress } from './runtime/progress.ts'
export { runStreams } from './runtime/run-streams.ts'
export type { RunningStreams, RunOptions } from './runtime/running-streams.ts'
export type { ThreadTasks } from './runtime/stream-client.ts'
export {
  days,
  hours,
  milliseconds,
  minus,
  minutes,
  seconds,
  type DurationMs,
  type NegativeDurationMs,
} from './topology/duration.ts'
export { SerdeError, TableFullError, TopologyError } from './topology/errors.ts'
export type {
  AggregateSpec,
  GroupedStream,
  ReduceSpec,
  RunningEmit,
  WindowedStream,
  WindowOptions,
} from './topology/grouped.ts'
export {
  session,
  sliding,
  type SessionWindows,
  type SlidingWindows,
} from './topology/record-windows.ts'
export type { SessionStream } from './topology/session-stream.ts'
export { type EmitStrategy, type RecordContext } from './topology/node.ts'
export {
  deadLetter,
  type DeadLetter,
  type DropPolicy,
  type ErrorPolicy,
  type GlobalErrorPolicy,
  type InvalidTimestamp,
  type OffsetReset,
} from './topology/policies.ts'
export type { PartitionedTopic, Partitioner, SinkPartitioner } from './topology/partitioner.ts'
export type { GlobalStore, GlobalStoreContext, GlobalStoreSpec } from './topology/global-store.ts'
export type { GlobalTable } from './topology/global-table.ts'
export type {
  BaseProcessorContext,
  FixedKeyProcessorContext,
  ForwardedRecord,
  ForwardedValueOptions,
  ProcessFunction,
  ProcessorContext,
  ProcessSpec,
  PunctuationType,
  Punctuator,
  TransformFunction,
  TransformSpec,
} from './topology/process.ts'
export {
  keyValueStore,
  sessionStore,
  versionedStore,
  windowStore,
  type DeclaredStore,
  type KeyValueStoreSpec,
  type SessionStoreSpec,
  type StoreGetter,
  type StoreSerdes,
  type StoreSpec,
  type VersionedStoreSpec,
  type WindowStoreSpec,
} from './topology/processor-stores.ts'
export type {
  ProcessedRecord,
  RecordHeader,
  RecordMetadata,
  SinkRecord,
} from './topology/record.ts'
export { definePage, type JobPage } from './topology/job-page.ts'
export { definePanel, type JobPanel, type PanelView } from './topology/panel.ts'
export type {
  BarsSection,
  LineSection,
  NoteSection,
  PanelSection,
  TableSection,
} from './topology/panel-section.ts'
export { fields, type FieldsKey, type FieldValue } from './topology/serdes/fields.ts'
export { json, type JsonObjectOptions, type JsonSerde } from './topology/serdes/json.ts'
export type { JsonField, JsonFields, JsonObject } from './topology/serdes/json-schema.ts'
export { bytes, float64, int32, int64, utf8 } from './topology/serdes/primitive.ts'
export { protobuf, type ProtobufOptions, type ProtobufType } from './topology/serdes/protobuf.ts'
export type { ByteSink, Serde, Serializer } from './topology/serdes/serde.ts'
export {
  sessionWindowed,
  windowed,
  windowStoreKey,
  type WindowedSerde,
  type WindowStoreKey,
} from './topology/serdes/windowed.ts'
export {
  untilTimeLimit,
  untilWindowCloses,
  type SuppressLimits,
  type Suppression,
} from './topology/suppression.ts'
export type {
  CogroupedSessions,
  CogroupedStream,
  CogroupedWindows,
  CogroupSpec,
} from './topology/cogrouped.ts'
export type { ForeignJoinSpec } from './topology/foreign-join.ts'
export type { HistoryOption } from './topology/history.ts'
export type { LocalWindows, LocalWindowsSpec } from './topology/local-windows.ts'
export { joinWindows, type JoinWindows, type StreamJoinSpec } from './topology/stream-join.ts'
export { staticTable, type StaticTable } from './topology/static-table.ts'
export type { Branches, SplitStream } from './topology/split.ts'
export type {
  KeyValueStore,
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedStore,
  ReadOnlyWindowStore,
  SessionStore,
  StoreEntry,
  Timestamped,
  VersionedKeyValueStore,
  VersionedPut,
  VersionedRecord,
  WindowEntry,
  WindowStore,
} from './topology/store-contracts.ts'
export type { SourceStream } from './topology/source-stream.ts'
export type { Stream } from './topology/stream.ts'
export type {
  DropOption,
  GlobalJoinSpec,
  JoinSpec,
  OperatorOptions,
  ParseSpec,
  RepartitionSpec,
  SerdePair,
  SinkOptions,
  SinkSerdes,
  SinkTopic,
  SourceSpec,
  TableJoinSpec,
  TablesJoinSpec,
} from './topology/stream-specs.ts'
export type { GlobalPart, Subtopology } from './topology/subtopology.ts'
export type { GroupedTable, StoreOption, Table } from './topology/table.ts'
export { ZoneError } from './topology/time/zoned-time.ts'
export { topic, topicPattern, type Topic, type TopicPattern } from './topology/topic.ts'
export {
  defineTopology,
  type Topology,
  type TopologyBuilder,
  type TopologyOptions,
} from './topology/topology.ts'
export {
  hopping,
  tumbling,
  unlimited,
  type EventTimeWindows,
  type TimeWindow,
  type TimeWindows,
  type UnlimitedWindows,
  type Windowed,
} from './topology/windows.ts'
