// Keys of Kafka Connect and of its JDBC source connector that have no place here, and what to do instead.

const REASONS: Readonly<Record<string, string>> = {
  query: 'make it a view of the database, and name that in table.whitelist',
  'query.suffix': 'make it a view of the database, and name that in table.whitelist',
  'table.blacklist': 'name what is to be read in table.whitelist',
  'table.include.list': 'write table.whitelist',
  'table.exclude.list': 'name what is to be read in table.whitelist',
  'table.types': 'views are read like tables: name them in table.whitelist',
  'table.poll.interval.ms': 'a table that is missing is an error; new ones go into table.whitelist',
  'schema.pattern': 'write SCHEMA.TABLE in table.whitelist',
  'catalog.pattern': 'the database is part of connection.url',
  'dialect.name': 'PostgreSQL is the only database that is read',
  'numeric.precision.mapping': 'write numeric.mapping=precision_only',
  'quote.sql.identifiers': 'names are always quoted: write them as the database has them',
  'timestamp.initial': 'all rows are read at first',
  'transaction.isolation.mode': 'a poll reads one snapshot of the table',
  'transaction.boundary': 'see commit.interval.ms in streams.properties',
  'exactly.once.support': 'it is always exactly once',
  'db.fetch.size': 'write batch.max.rows',
  'db.timezone.date.calendar': 'dates are of the Gregorian calendar',
  'errors.tolerance':
    'a row that cannot be written is an error: mend it, or leave it out by a view',
  'connection.ds.pool.size': 'one connection reads all tables',
  'connection.ssl': 'write ?sslmode=verify-full&sslrootcert=FILE behind connection.url',
}

/** Why a well-known key is none of a source's, or undefined when it is not known. */
export function reasonAgainstInSource(key: string): string | undefined {
  if (key === 'transforms' || key.startsWith('transforms.'))
    return 'of transforms there is the key: write key.column.name; the rest is for a job, or a view'
  if (key.startsWith('topic.creation.'))
    return 'topics are made as topic.partitions in streams.properties says'
  if (key.startsWith('value.converter.schema.registry'))
    return 'no registry is needed: write value.converter.proto.file and value.converter.proto.message'
  return Object.hasOwn(REASONS, key) ? REASONS[key] : undefined
}
