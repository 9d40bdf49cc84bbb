// The City's table of stops as a script for PostgreSQL: `npm run stations` writes stations.sql beside this file.
// psql, the container of the compose file and PGlite run it; running it again changes nothing.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'
import { readStops } from './lines.ts'

const TABLE = `CREATE TABLE IF NOT EXISTS stations (
  stop_id integer PRIMARY KEY,
  direction_id varchar(1) NOT NULL,
  stop_name varchar(70) NOT NULL,
  station_name varchar(70) NOT NULL,
  station_descriptive_name varchar(200) NOT NULL,
  station_id integer NOT NULL,
  "order" integer NOT NULL,
  red boolean NOT NULL,
  blue boolean NOT NULL,
  green boolean NOT NULL
);
`

/** SQL that makes the table `stations` and fills it with all stops. */
export function stationsSql(): string {
  const rows = readStops().map((stop) => {
    const values = [
      ...[stop.stop_id, stop.direction_id, stop.stop_name, stop.station_name],
      ...[stop.station_descriptive_name, stop.station_id, stop.order],
      ...[stop.red, stop.blue, stop.green],
    ]
    return `  (${values.map(literal).join(', ')})`
  })
  const head = '-- Written from cta_stations.csv by `npm run stations`.\n'
  return `${head}${TABLE}INSERT INTO stations VALUES\n${rows.join(',\n')}\nON CONFLICT DO NOTHING;\n`
}

const literal = (value: string | number | boolean): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(packageRoot(), 'data', 'transit', 'stations.sql'), stationsSql())
}
