// The last row: the settings in effect.
import { NoUnit } from '@grafana/grafana-foundation-sdk/units'
import { table, type NumberedPanel } from '../panels.ts'
import { series } from '../selectors.ts'

/** A table of all settings, without secrets. */
export function configuration(): NumberedPanel[] {
  return [
    table({
      title: 'Settings',
      description:
        'What the configuration came to, defaults included and secrets left out: edit config/streams.properties, `commit.interval.ms` for one, and restart.',
      unit: NoUnit,
      width: 24,
      height: 12,
      queries: [{ expr: `max by (key, value) (${series('kafka_stream_config_info')})` }],
    }),
  ]
}
