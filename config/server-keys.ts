// The keys of server.properties.
import { key } from './definition.ts'
import { boolean, int, text } from './values.ts'

/** What server.properties may set. */
export const serverKeys = {
  'server.enabled': key(boolean, true, 'Whether the page, the metrics and the queries are served.'),
  'server.host': key(
    text,
    '127.0.0.1',
    'The address to listen on; 0.0.0.0 lets other machines in, and there is no login.',
  ),
  'server.port': key(int(0, 65_535), 8080, 'The port to listen on; 0 takes a free one.'),
} as const
