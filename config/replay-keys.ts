// The keys of replay.properties.
import { hot, key, optional } from './definition.ts'
import { boolean, bytes, int, oneOf, positive, text, timeZone } from './values.ts'

/** What replay.properties may set. */
export const replayKeys = {
  'replay.file': optional(text, 'The file to replay when the command names none.'),
  'replay.topic': key(text, 'police.calls', 'The topic to write the records to.'),
  'replay.order': key(
    oneOf('event-time', 'file'),
    'event-time',
    'Sorted by when the calls happened, or as they lie in the file.',
  ),
  'replay.rate': hot(optional(positive, 'Rows per second; as fast as possible when unset.')),
  'replay.speed': hot(
    optional(
      positive,
      'How many times faster than the calls happened; as fast as possible when unset.',
    ),
  ),
  'replay.repeat': key(
    boolean,
    false,
    'Whether to begin anew at the end of the file, with later dates; needs a rate or a speed.',
  ),
  'replay.zone': key(
    timeZone,
    'America/Los_Angeles',
    'The zone of the wall clock times in the file.',
  ),
  'replay.strict': key(
    boolean,
    false,
    'Whether the first row that makes no record stops the replay; otherwise such rows are skipped.',
  ),
  'replay.limit': optional(int(1), 'How many records to replay; all when unset.'),
  'replay.sort.memory.bytes': key(
    bytes(1_048_576),
    268_435_456,
    'Memory for sorting; larger files are sorted in runs on disk.',
  ),
} as const
