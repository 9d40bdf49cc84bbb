// Everything public: the DSL, serdes, runStreams, the config type and errors.
export { BrokerError, type BrokerErrorCode } from './broker/ports.ts'
export { ConfigError, streamsConfig, type Settings, type StreamsConfig } from './config/config.ts'
export type { QueryProgress } from './runtime/progress.ts'
export { runStreams, type RunningStreams, type RunOptions } from './runtime/run-streams.ts'
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
export { SerdeError, TopologyError } from './topology/errors.ts'
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
export {
  deadLetter,
  type DeadLetter,
  type DropPolicy,
  type EmitStrategy,
  type ErrorPolicy,
  type InvalidTimestamp,
  type RecordContext,
} from './topology/node.ts'
export type { GlobalTable } from './topology/global-table.ts'
export {
  keyValueStore,
  type BaseProcessorContext,
  type FixedKeyProcessorContext,
  type ForwardedRecord,
  type ProcessFunction,
  type ProcessorContext,
  type ProcessSpec,
  type PunctuationType,
  type Punctuator,
  type StoreSpec,
} from './topology/process.ts'
export { definePanel, type JobPanel, type PanelView } from './topology/panel.ts'
export type {
  BarsSection,
  LineSection,
  NoteSection,
  PanelSection,
  TableSection,
} from './topology/panel-section.ts'
export { fields, type FieldsKey, type FieldValue } from './topology/serdes/fields.ts'
export { json, type JsonSerde } from './topology/serdes/json.ts'
export type { JsonField, JsonFields, JsonObject } from './topology/serdes/json-schema.ts'
export { bytes, float64, int32, int64, utf8 } from './topology/serdes/primitive.ts'
export { protobuf, type ProtobufType } from './topology/serdes/protobuf.ts'
export type { ByteSink, Serde, Serializer } from './topology/serdes/serde.ts'
export { sessionWindowed, windowed, type WindowedSerde } from './topology/serdes/windowed.ts'
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
  ReadOnlyWindowStore,
  StoreEntry,
  Timestamped,
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
  SinkSerdes,
  SinkTopic,
  SourceSpec,
  TableJoinSpec,
  TablesJoinSpec,
} from './topology/stream-specs.ts'
export type { Subtopology } from './topology/subtopology.ts'
export type { GroupedTable, StoreOption, Table } from './topology/table.ts'
export { ZoneError } from './topology/time/zoned-time.ts'
export { topic, type Topic } from './topology/topic.ts'
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
