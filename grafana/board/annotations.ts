// What happened, as marks on every panel: with them, "edit a setting, watch the effect" is readable.
import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { DATASOURCE, series } from './selectors.ts'

const info = series('kafka_stream_info')

/** The marks of the board, in the order of their switches. */
export function annotations(): AnnotationQueryBuilder[] {
  return [
    mark('Restart', 'blue', `${series('process_start_time_seconds')} * 1000`)
      // The value is the moment itself; the time of the scrape would move with every look.
      .useValueForTime(true)
      .textFormat('{{instance}} started'),
    mark(
      'Rebalance',
      'orange',
      `increase(${series('kafka_consumer_rebalances_total')}[30s]) > 0`,
    ).textFormat('{{instance}}: {{reason}}'),
    mark(
      'Config changed',
      'purple',
      `count by (config_hash) (${info}) unless count by (config_hash) (${info} offset 1m)`,
    ).textFormat('configuration {{config_hash}}'),
    mark('Alerts', 'red', 'ALERTS{alertstate="firing",job=~"$job"}').textFormat('{{alertname}}'),
  ]
}

function mark(name: string, color: string, expr: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .hide(false)
    .iconColor(color)
    .expr(expr)
    .step('5s')
    .titleFormat(name)
}
