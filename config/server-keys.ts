// The keys of server.properties.
import { key, optional } from './definition.ts'
import { boolean, bytes, int, text, topicNames } from './values.ts'

/** What server.properties may set. */
export const serverKeys = {
  'server.enabled': key(boolean, true, 'Whether the page, the metrics and the queries are served.'),
  'server.host': key(
    text,
    '127.0.0.1',
    'The address to listen on; 0.0.0.0 lets other machines in, and there is no login.',
  ),
  'server.port': key(int(0, 65_535), 8080, 'The port to listen on; 0 takes a free one.'),
  'server.ingest.topics': optional(
    topicNames,
    'The topics that POST /topics/NAME may write, with commas between them; none unless set.',
  ),
  'server.ingest.token': optional(text, 'What who posts must send as Authorization: Bearer TOKEN.'),
  'server.ingest.records.per.second': key(
    int(1),
    10_000,
    'How many records a second all who post may send together.',
  ),
  'server.ingest.request.max.bytes': key(
    bytes(1_024, 104_857_600),
    1_048_576,
    'How large the body of one POST may be.',
  ),
  'server.ingest.buffer.bytes': key(
    bytes(1_024),
    16_777_216,
    'Bytes of bodies that may wait at the same time for the broker.',
  ),
} as const
