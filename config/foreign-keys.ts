// Keys that people bring along from Kafka Streams, Kafka's clients and Spark, and what to do instead.

const REASONS: Readonly<Record<string, string>> = {
  // Kafka Streams
  'default.key.serde': 'serdes are declared in the topology, topic by topic',
  'default.value.serde': 'serdes are declared in the topology, topic by topic',
  'cache.max.bytes.buffering':
    "write statestore.cache.max.bytes; what is held back is said in the topology: emit: 'on-update-coalesced'",
  'default.timestamp.extractor': "the topology says so: parse('name', { timestamp: … })",
  'deserialization.exception.handler': "the topology says so: parse('name', { malformed: … })",
  'default.deserialization.exception.handler':
    "the topology says so: parse('name', { malformed: … })",
  'processing.exception.handler': 'the topology says so, operator by operator: onError',
  'rocksdb.config.setter': 'state is kept in LMDB, which needs no tuning',
  'topology.optimization': 'the topology runs as it is written',
  'state.cleanup.delay.ms': 'state is kept until it is deleted',
  'application.server': 'see server.host and server.port in server.properties',
  'buffered.records.per.partition': 'see buffered.bytes.max and max.poll.records',
  // Kafka's clients
  'group.id': 'the consumer group is application.id',
  'key.serializer': 'serdes are declared in the topology, topic by topic',
  'value.serializer': 'serdes are declared in the topology, topic by topic',
  'key.deserializer': 'serdes are declared in the topology, topic by topic',
  'value.deserializer': 'serdes are declared in the topology, topic by topic',
  'enable.auto.commit': 'offsets are committed together with the results, see commit.interval.ms',
  'auto.commit.interval.ms': 'see commit.interval.ms',
  'zookeeper.connect': 'no Zookeeper is needed, see bootstrap.servers',
  'transactional.id': 'it follows from application.id, see processing.guarantee',
  ...written('consumer', [
    'auto.offset.reset',
    'isolation.level',
    'fetch.min.bytes',
    'fetch.max.bytes',
    'max.poll.interval.ms',
    'session.timeout.ms',
    'heartbeat.interval.ms',
    'partition.assignment.strategy',
    'group.instance.id',
  ]),
  ...written('producer', [
    'acks',
    'linger.ms',
    'batch.size',
    'compression.type',
    'enable.idempotence',
    'retries',
    'delivery.timeout.ms',
  ]),
  // Spark's Kafka source
  maxOffsetsPerTrigger:
    'nothing waits for a trigger; see max.poll.records for the rows of one step',
  maxOffsetPerTrigger: 'Spark ignores it too; see max.poll.records for the rows of one step',
  maxRatePerPartition: 'it belongs to DStreams; see max.poll.records for the rows of one step',
  startingOffsets: 'write consumer.auto.offset.reset=earliest',
  endingOffsets: 'a job has no end; millrace start JOB --once stops at the end of its input',
  failOnDataLoss: 'lost input is always an error',
  subscribe: 'the topology names the topics of its sources',
  checkpointLocation: 'see state.dir',
}

function written(client: string, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, `write ${client}.${key}`]))
}

/** Why a well-known key of another system is not a key here, or undefined when it is not known. */
export function reasonAgainst(key: string): string | undefined {
  if (key.startsWith('spark.')) return 'there is no Spark here: nothing would read it'
  return Object.hasOwn(REASONS, key) ? REASONS[key] : undefined
}
