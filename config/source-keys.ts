// The keys of a source's file, such as stations.properties: those of Confluent's JDBC source connector by
// their names there, and a few for what transforms and converters do in Kafka Connect.
import { key, optional } from './definition.ts'
import { boolean, int, ms, name, oneOf, text, timeZone, words, type ValueType } from './values.ts'

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter'
const PROTOBUF_CONVERTER = 'io.confluent.connect.protobuf.ProtobufConverter'
const STRING_CONVERTER = 'org.apache.kafka.connect.storage.StringConverter'

/** A converter of Kafka Connect by its class, or by the short name that it has here. */
function converter<const T extends string>(classes: Readonly<Record<T, string>>): ValueType<T> {
  const names = Object.keys(classes) as T[]
  return {
    expects: `one of ${[...names, ...Object.values<string>(classes)].join(', ')}`,
    read: (value) => names.find((known) => known === value || classes[known] === value),
  }
}

/** A table, with its schema or without. */
export const tableName: ValueType<string> = {
  expects: 'TABLE or SCHEMA.TABLE',
  read: (value) => (/^[^.,"\s]+(\.[^.,"\s]+)?$/.test(value) ? value : undefined),
}

/** An address without anything secret in it. */
export const databaseUrl: ValueType<string> = {
  expects:
    'jdbc:postgresql://HOST:PORT/DATABASE, pglite:DIRECTORY or pglite:?script=FILE, without user and password: those are connection.user and connection.password',
  read: (value) => {
    if (/^pglite:/.test(value)) return value
    const plain = value.replace(/^jdbc:/, '')
    if (!/^postgres(ql)?:\/\//.test(plain) || !URL.canParse(plain)) return undefined
    const { username, password, searchParams } = new URL(plain)
    const isPlain = username === '' && password === ''
    return isPlain && !searchParams.has('user') && !searchParams.has('password') ? plain : undefined
  },
}

/** What the file of a source may set. */
export const sourceKeys = {
  name: optional(name, 'How the source is called: its place is kept under this name.'),
  'connector.class': key(
    converter({ postgres: 'io.confluent.connect.jdbc.JdbcSourceConnector' }),
    'postgres',
    'What kind of source it is.',
  ),
  'tasks.max': key(int(1, 1), 1, 'One task reads all tables.'),
  'connection.url': optional(databaseUrl, 'Where the database is.'),
  'connection.user': optional(text, 'The role to log in as.'),
  'connection.password': optional(text, 'Its password.'),
  'connection.attempts': key(
    int(-1),
    -1,
    'How often in a row to try to connect before the source fails; -1 for without end.',
  ),
  'connection.backoff.ms': key(
    ms(1),
    10_000,
    'The longest wait between two tries; the first are after a tenth of a second and twice as long each.',
  ),
  'table.whitelist': optional(words(tableName), 'The tables or views to read.'),
  mode: optional(
    oneOf('bulk', 'incrementing', 'timestamp', 'timestamp+incrementing'),
    'How new and changed rows are told: not at all, or by these columns.',
  ),
  'incrementing.column.name': optional(text, 'The column that grows with each new row.'),
  'timestamp.column.name': optional(
    words(text),
    'The column that says when a row was changed; of several the first that is not null.',
  ),
  'validate.non.null': key(
    boolean,
    true,
    'Whether these columns must be NOT NULL; otherwise rows with null in them are passed over.',
  ),
  'timestamp.delay.interval.ms': key(
    ms(0),
    0,
    'How old a timestamp must be before its row is read, for transactions that commit late.',
  ),
  'writers.wait': key(
    boolean,
    true,
    'Whether a poll waits for transactions that write to the table, so as not to pass over their rows.',
  ),
  'poll.interval.ms': key(ms(1), 5_000, 'How often to look for new rows.'),
  'batch.max.rows': key(
    int(1, 100_000),
    1_000,
    'How many rows are written at a time; a commit may come between two batches.',
  ),
  'topic.prefix': key(text, '', 'What stands before the name of the table in that of its topic.'),
  'db.timezone': key(timeZone, 'UTC', 'The zone of columns of type timestamp without time zone.'),
  'numeric.mapping': key(
    oneOf('none', 'precision_only', 'best_fit', 'best_fit_eager_double'),
    'none',
    'Which numeric columns become numbers; the others are decimal texts, exact to the last digit.',
  ),
  'timestamp.granularity': key(
    oneOf('connect_logical', 'micros_long', 'micros_string', 'nanos_long', 'nanos_string'),
    'connect_logical',
    'What a timestamp becomes: milliseconds since the epoch, or finer.',
  ),
  'key.column.name': optional(
    words(text),
    "The column whose value is the record's key; several make a JSON object.",
  ),
  'deleted.column.name': optional(
    text,
    'A boolean, or the time of deletion: of a row where it is set the record is a tombstone.',
  ),
  'key.converter': key(
    converter({ string: STRING_CONVERTER, json: JSON_CONVERTER }),
    'string',
    'Whether the key is a text or JSON.',
  ),
  'key.converter.schemas.enable': key(oneOf('false'), 'false', 'Schemas are not written.'),
  'value.converter': key(
    converter({ json: JSON_CONVERTER, protobuf: PROTOBUF_CONVERTER }),
    'json',
    'What values are written as.',
  ),
  'value.converter.schemas.enable': key(oneOf('false'), 'false', 'Schemas are not written.'),
  'value.converter.proto.file': optional(text, 'The .proto file with the message of a row.'),
  'value.converter.proto.message': optional(text, 'The message, with its package.'),
  'offsets.storage.topic': optional(
    name,
    'The topic in which the place is kept; NAME-offsets when unset.',
  ),
} as const
