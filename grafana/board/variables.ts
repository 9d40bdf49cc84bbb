// The choices at the top of the board: where the data is, which job, which instance.
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DATASOURCE } from './selectors.ts'

/** What every instance of a job has from its start, and every source. */
const ALL = '__name__=~"kafka_stream_client_state|kafka_connect_source_running"'

/** Any of several jobs. */
export function variables() {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    labelVariable('job', 'Job', `label_values({${ALL}}, job)`),
    labelVariable('instance', 'Instance', `label_values({${ALL},job=~"$job"}, instance)`),
  ]
}

function labelVariable(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: 'All', value: '$__all' })
}
