// The keys of streams.properties: the one home of their types, defaults, limits and reasons.
import { hot, key, optional, type PrefixDefinition } from './definition.ts'
import {
  boolean,
  bootstrapServers,
  bytes,
  endpoint,
  int,
  ms,
  name,
  oneOf,
  text,
  words,
} from './values.ts'

const onlyKafka = (why: string) => ({ embedded: `has no effect with the embedded log: ${why}` })

/** What streams.properties may set. */
export const streamsKeys = {
  'application.id': optional(
    name,
    "Names the application: its consumer group and the prefix of its topics; the job's name when unset.",
  ),
  'client.id': optional(name, 'How this instance calls itself towards the broker.'),
  'application.server': optional(
    endpoint,
    "Where other instances reach this one's server, host:port: they ask it for the state that it has.",
    onlyKafka('there is one instance'),
  ),
  'bootstrap.servers': key(
    bootstrapServers,
    { kind: 'embedded', address: 'embedded:.data/log', directory: '.data/log' },
    'Where the records are: a directory with the embedded log, or the addresses of Kafka.',
  ),
  'num.stream.threads': hot(
    optional(
      int(1, 256),
      'How many worker threads run tasks; the smaller of cores and partitions when unset.',
    ),
  ),
  'num.standby.replicas': key(
    int(0, 10),
    0,
    'On how many other instances a warm copy is kept of the state of each task.',
    onlyKafka('there is one instance'),
  ),
  'processing.guarantee': key(
    oneOf('at_least_once', 'exactly_once_v2'),
    'at_least_once',
    'What a crash may do to results: repeat some, or nothing at all.',
  ),
  'commit.interval.ms': hot(key(ms(1, 3_600_000), 100, 'How often progress becomes durable.')),
  'emit.interval.ms': hot(
    key(
      ms(0, 3_600_000),
      20,
      "How long an 'on-update-coalesced' aggregate may hold back an update.",
    ),
  ),
  'statestore.cache.max.bytes': hot(
    key(
      bytes(0),
      // Kafka's.
      10_485_760,
      "Bytes of updates that all 'on-update-coalesced' aggregates of an instance may hold back together.",
    ),
  ),
  'state.memory.max.bytes': hot(
    key(
      bytes(-1),
      -1,
      'Bytes that all stores of an instance may take in memory together; -1 for a quarter of what there is. The rest lies in a file.',
    ),
  ),
  'input.buffer.max.bytes': key(
    bytes(1_048_576),
    // Kafka's (KIP-770).
    536_870_912,
    'Bytes of records of all partitions together that an instance may have fetched and not processed, about.',
    onlyKafka('its records are mapped, not fetched'),
  ),
  'processing.paused': hot(
    key(
      boolean,
      false,
      'Whether records are left where they are, by a job that stays in its group.',
    ),
  ),
  'state.dir': key(
    text,
    '.data/state',
    'Where tasks keep their state.',
    onlyKafka("state lives in the log's directory, in the same transactions"),
  ),
  'state.store': key(
    oneOf('lmdb', 'memory'),
    'lmdb',
    'Whether state is also kept below state.dir, or in memory alone: then each start restores it whole from the changelogs.',
    onlyKafka('its state is in the log'),
  ),
  'dropped.stores': optional(
    words(name),
    'Stores that the topology does not have any more: what is saved of them is deleted, and not missed.',
  ),
  'record.crash.retries': key(
    int(0, 10),
    1,
    "How often a record is run again, alone, in which a worker has died, before the topology's onError decides on it.",
  ),
  'max.poll.records': hot(
    key(int(1, 65_536), 4096, 'How many rows a task takes per step, at most.'),
  ),
  'poll.ms': hot(key(ms(1, 10_000), 5, 'The longest idle wait between two looks at the input.')),
  'buffered.bytes.max': hot(
    key(
      bytes(65_536),
      // Kafka's buffer.memory.
      33_554_432,
      'Bytes a worker may have produced and not yet handed to the broker before it stops taking input.',
    ),
  ),
  'source.alignment.max.drift.ms': hot(
    key(
      ms(-1),
      86_400_000,
      'How far one input partition may run ahead of the slowest one in event time; -1 for any distance.',
    ),
  ),
  'max.task.idle.ms': hot(
    key(
      // A writer of a repartition topic that is silent for five minutes holds nobody back any more.
      ms(-1, 240_000),
      0,
      'How long a task with several inputs waits for one that is empty; -1 for not even what can be fetched.',
    ),
  ),
  'timestamp.future.max.ms': hot(
    key(ms(-1), -1, 'How far an event time may be ahead of the wall clock; -1 for any distance.'),
  ),
  'stream.time.idle.advance.ms': key(
    ms(-1),
    -1,
    'After how long without a record event time goes on with the wall clock; -1 for never.',
  ),
  'worker.hang.timeout.ms': hot(
    key(ms(1_000), 30_000, 'After how long without a sign of life a worker counts as hung.'),
  ),
  'health.progress.timeout.ms': hot(
    key(
      ms(1_000),
      300_000,
      'How long records may wait while none is processed, before /healthz says that the job is failing.',
    ),
  ),
  'shutdown.timeout.ms': hot(
    key(ms(100), 10_000, 'How long an orderly stop may take before it is forced.'),
  ),
  'topic.partitions': key(int(1, 4096), 4, 'Partitions of the topics that the job creates.'),
  'topic.retention.ms': key(
    ms(-1),
    -1,
    'How old, by its timestamp, a record of a created topic may become; -1 for no limit.',
  ),
  'topic.retention.bytes': key(
    bytes(-1),
    -1,
    'How large a partition of a created topic may become; -1 for no limit.',
  ),
  'repartition.format': key(
    oneOf('frames', 'records'),
    'frames',
    'Whether rows between sub-topologies are packed, or records that others can read.',
  ),
  'replication.factor': key(
    int(-1, 32_767),
    -1,
    "Copies of each topic that the job creates; -1 for the broker's own default.",
    onlyKafka('it keeps one copy, on this disk'),
  ),
  'metrics.recording.level': hot(
    key(
      oneOf('INFO', 'DEBUG'),
      'INFO',
      'How much is measured: DEBUG counts the records of each operator and times operations on stores, too.',
    ),
  ),
  'log.level': hot(
    key(
      oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
      'info',
      'How much is logged.',
    ),
  ),
  'progress.log.level': hot(
    key(
      oneOf('trace', 'debug', 'info', 'silent'),
      'debug',
      'The level at which the progress report of each commit is logged.',
    ),
  ),
  'progress.topic': optional(text, 'A topic to which the progress reports are written as JSON.'),
  'log.summary.interval.ms': hot(
    key(ms(-1), 120_000, 'How often a line sums up what was processed; -1 for never.'),
  ),
} as const

const setByUs = {
  'bootstrap.servers': 'set bootstrap.servers',
  'metadata.broker.list': 'set bootstrap.servers',
  'client.id': 'set client.id',
}

const passedOn = onlyKafka('it is for the Kafka client; set bootstrap.servers=host:9092 to use one')

function client(prefix: string, doc: string, reserved: Record<string, string>): PrefixDefinition {
  return { prefix, doc, refused: passedOn, reserved: { ...setByUs, ...reserved } }
}

/** Open keys of streams.properties by what they are for. */
export const streamsPrefixes = {
  consumer: client('consumer.', "librdkafka's settings for consumers.", {
    'group.id': 'the consumer group is application.id',
    'enable.auto.commit': 'offsets are committed together with the results, see commit.interval.ms',
    'enable.auto.offset.store': 'offsets are committed together with the results',
  }),
  producer: client('producer.', "librdkafka's settings for producers.", {
    'transactional.id': 'it follows from application.id, see processing.guarantee',
    'auto.offset.reset': 'a producer reads nothing: write consumer.auto.offset.reset',
    'group.id': 'a producer is in no group; the consumer group is application.id',
  }),
  admin: client('admin.', "librdkafka's settings for the admin client.", {}),
  securityProtocol: client('security.protocol', 'How to talk to Kafka: plaintext, ssl, …', {}),
  sasl: client('sasl.', 'How to log in to Kafka.', {}),
  ssl: client('ssl.', 'How to check who Kafka is, and to show who we are.', {}),
  topicFormat: {
    prefix: 'topic.format.',
    doc: 'Which of the value formats that a topic declares is used for it.',
    refused: {},
    reserved: {},
  },
} as const satisfies Record<string, PrefixDefinition>
