// The last row: the settings in effect, and what became of their last edit.
import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { NoUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { stat, table, type NumberedPanel } from '../panels.ts'
import { series } from '../selectors.ts'

const OUTCOMES: ValueMapping = {
  type: MappingType.ValueToText,
  options: { '0': { text: 'REFUSED', index: 0 }, '1': { text: 'IN EFFECT', index: 1 } },
}

/** What edits came to, and a table of all settings, without secrets. */
export function configuration(): NumberedPanel[] {
  return [
    stat({
      title: 'Last edit',
      description:
        'Refused: something in config/*.properties is wrong, all settings stay as they were, and the log names file, line and key. An edit of `commit.interval.ms` takes effect at once.',
      unit: NoUnit,
      width: 8,
      height: 4,
      thresholds: { base: 'red', steps: [[1, 'green']] },
      queries: [{ expr: `min(${series('kafka_stream_config_last_reload_successful')})` }],
    }).mappings([OUTCOMES]),
    stat({
      title: 'Since the last change',
      description:
        'How long ago settings were last taken over, or the application started. Keys marked (hot) in the files, `poll.ms` for one, need no restart.',
      unit: Seconds,
      width: 8,
      height: 4,
      queries: [
        {
          expr: `time() - max(${series('kafka_stream_config_last_reload_success_timestamp_seconds')})`,
        },
      ],
    }),
    stat({
      title: 'Waiting for a restart',
      description:
        'Edited settings that take effect only at the next start, such as `processing.guarantee`.',
      unit: Short,
      width: 8,
      height: 4,
      thresholds: { base: 'green', steps: [[1, 'orange']] },
      queries: [{ expr: `max(${series('kafka_stream_config_pending_restart_keys')})` }],
    }),
    table({
      title: 'Settings',
      description:
        'What the configuration came to, defaults included and secrets left out: edit config/streams.properties, `commit.interval.ms` for one.',
      unit: NoUnit,
      width: 24,
      height: 12,
      queries: [{ expr: `max by (key, value) (${series('kafka_stream_config_info')})` }],
    }),
  ]
}
