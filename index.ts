// Everything public: the DSL, serdes, runStreams, the config type and errors.
export { BrokerError, type BrokerErrorCode } from './broker/ports.ts'
export { ConfigError, streamsConfig, type Settings, type StreamsConfig } from './config/config.ts'
export type { QueryProgress } from './runtime/progress.ts'
export { runStreams, type RunningStreams, type RunOptions } from './runtime/run-streams.ts'
export {
  days,
  hours,
  milliseconds,
  minutes,
  seconds,
  type DurationMs,
} from './topology/duration.ts'
export { SerdeError, TopologyError } from './topology/errors.ts'
export type { GroupedStream, WindowedStream } from './topology/grouped.ts'
export {
  deadLetter,
  type DeadLetter,
  type EmitStrategy,
  type ErrorPolicy,
  type RecordContext,
} from './topology/node.ts'
export { fields, type FieldsKey, type FieldValue } from './topology/serdes/fields.ts'
export { json, type JsonSerde } from './topology/serdes/json.ts'
export type { JsonField, JsonFields, JsonObject } from './topology/serdes/json-schema.ts'
export { bytes, float64, int32, int64, utf8 } from './topology/serdes/primitive.ts'
export { protobuf, type ProtobufType } from './topology/serdes/protobuf.ts'
export type { ByteSink, Serde, Serializer } from './topology/serdes/serde.ts'
export { windowed, type WindowedSerde } from './topology/serdes/windowed.ts'
export { staticTable, type StaticTable } from './topology/static-table.ts'
export type { JoinSpec, ParseSpec, SinkTopic, SourceStream, Stream } from './topology/stream.ts'
export type { Subtopology } from './topology/subtopology.ts'
export { ZoneError } from './topology/time/zoned-time.ts'
export { topic, type Topic } from './topology/topic.ts'
export { defineTopology, type Topology, type TopologyBuilder } from './topology/topology.ts'
export {
  hopping,
  tumbling,
  type TimeWindow,
  type TimeWindows,
  type Windowed,
} from './topology/windows.ts'
