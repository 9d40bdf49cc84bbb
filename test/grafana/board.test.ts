import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import * as units from '@grafana/grafana-foundation-sdk/units'
import { boardText } from '../../grafana/board/board.ts'
import { sourceKeys } from '../../config/source-keys.ts'
import { METRICS } from '../../runtime/metrics/catalogue.ts'
import { SIDE_METRICS } from '../../runtime/metrics/side-catalogue.ts'
import { BOARD_PATH, boardQueries, panelsOf, readBoard } from '../support/board-queries.ts'

const board = readBoard()
const panels = panelsOf(board)
const expressions = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
)
const PROCESS_METRICS = [
  'process_start_time_seconds',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_gc_duration_seconds_sum',
]

/** Metrics of the catalogue that no panel shows. */
const UNSHOWN = [
  'kafka_client_data_path_info',
  'kafka_consumer_assigned_partitions',
  'kafka_consumer_rebalance_duration_seconds',
  'kafka_producer_txn_aborts_total',
  'kafka_producer_txn_commits_total',
  'kafka_stream_failed_stream_threads_total',
  'kafka_stream_processor_node_process_total',
  'kafka_stream_query_batch_id',
  'kafka_stream_query_output_rows_total',
  'kafka_stream_query_rows_dropped_by_watermark_total',
  'kafka_stream_query_state_rows_updated_total',
  'kafka_stream_state_commit_seconds_total',
  'kafka_stream_state_rows_dropped_by_watermark_total',
  'kafka_stream_state_update_seconds_total',
  'kafka_stream_task_discarded_states_total',
  'kafka_stream_task_restored_records_total',
]

/** The metrics that an expression names, without what a histogram adds to its name. */
function metricsIn(expr: string): string[] {
  const names = expr.match(/\b(kafka|process|nodejs)_[a-z0-9_]+/g) ?? []
  return names.map((name) => {
    const base = name.replace(/_(bucket|sum|count)$/, '')
    return base in METRICS ? base : name
  })
}

describe('the board', () => {
  it('is what its source gives: run `npm run board` after a change', () => {
    expect(readFileSync(BOARD_PATH, 'utf8')).to.equal(boardText())
  })

  it('has an address of its own in every Grafana, and cannot be edited there', () => {
    expect(board).to.include({ uid: 'stream-processor', schemaVersion: 42, editable: false })
    expect(board.id ?? null).to.equal(null)
    expect(board.time).to.deep.equal({ from: 'now-15m', to: 'now' })
  })

  it('numbers every row and panel', () => {
    const ids = [...new Set([...board.panels, ...panels])].map(({ id }) => id)
    expect(Math.min(...ids)).to.equal(1)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it('covers the width of 24 columns, and no panel another', () => {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of board.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x, title).to.be.below(24)
          expect(taken.get(`${x},${y}`), `${title} covers`).to.equal(undefined)
          taken.set(`${x},${y}`, title)
        }
      }
    }
    const height = Math.max(...board.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
    expect(taken.size, 'free places').to.equal(24 * height)
  })

  it('begins with eight stats at a glance', () => {
    const at = board.panels.findIndex(({ title }) => title === 'Throughput and backlog')
    const first = board.panels.slice(0, at)
    expect(first.map(({ type }) => type)).to.deep.equal(['row', ...Array<string>(8).fill('stat')])
  })

  it('gives every panel a unit that Grafana knows', () => {
    const known = Object.values<unknown>({ ...units })
    for (const { title, fieldConfig } of panels) {
      expect(known, title).to.include(fieldConfig?.defaults.unit)
    }
  })

  it('says in every panel what it shows and which setting moves it', () => {
    const settings = readdirSync('config')
      .filter((file) => file.endsWith('.properties'))
      .flatMap((file) => [
        ...readFileSync(`config/${file}`, 'utf8').matchAll(/^#?([a-z][\w.]*)=/gm),
      ])
      .map(([, key]) => key)
      .concat(Object.keys(sourceKeys))
    for (const { title, description = '' } of panels) {
      expect(description, title).to.match(/^[A-Z].*\.$/)
      const named = [...description.matchAll(/`([^`]+)`/g)].map(([, key]) => key)
      expect(named, title).not.to.deep.equal([])
      for (const key of named) expect(settings, title).to.include(key)
    }
  })

  it('asks only for metrics that the catalogue has', () => {
    const known = [...Object.keys(METRICS), ...Object.keys(SIDE_METRICS), ...PROCESS_METRICS]
    for (const { title, expr } of boardQueries(board)) {
      for (const name of metricsIn(expr)) expect(known, title).to.include(name)
    }
  })

  it('shows all that the catalogue has, but for what serves alerts or a closer look', () => {
    const asked = boardQueries(board).flatMap(({ expr }) => metricsIn(expr))
    const all = [...Object.keys(METRICS), ...Object.keys(SIDE_METRICS)]
    const missing = all.filter((name) => !asked.includes(name))
    expect(missing.sort()).to.deep.equal(UNSHOWN)
  })

  it('lets the variables choose the series of every panel', () => {
    for (const { title, datasource } of panels) {
      expect(datasource, title).to.deep.equal({ type: 'prometheus', uid: '${datasource}' })
    }
    for (const { title, expr } of expressions) {
      const chosen = expr.match(/\b[a-z0-9_]+\{job=~"\$job",instance=~"\$instance"[,}]/g) ?? []
      expect(metricsIn(expr).length, title).to.equal(chosen.length).and.be.above(0)
    }
  })

  it('shows counters as growth only, over windows that follow the scrape interval', () => {
    for (const { title, expr } of expressions) {
      expect(expr.match(/(?<!(rate|increase)\()\bkafka_\w+_total\b/g), title).to.equal(null)
      for (const [, name, window] of expr.matchAll(/(rate|increase)\([^[]+\[([^\]]+)\]/g)) {
        expect(['$__rate_interval', '$__range'], `${title}: ${name}`).to.include(window)
      }
      expect(expr, `${title}: Prometheus 3 writes le otherwise`).not.to.match(/\ble=/)
    }
  })

  it('offers the data source, the job and the instance, and all of them at once', () => {
    const [datasource, ...others] = board.templating.list
    expect(datasource).to.include({ name: 'datasource', type: 'datasource', label: 'Data source' })
    expect(others.map(({ name, label }) => [name, label])).to.deep.equal([
      ['job', 'Job'],
      ['instance', 'Instance'],
    ])
    for (const variable of others) {
      expect(variable).to.include({ multi: true, includeAll: true, allValue: '.+', refresh: 2 })
    }
  })

  it('marks restarts, rebalances, changes of the configuration and alerts', () => {
    const names = board.annotations.list.map(({ name }) => name)
    expect(names).to.deep.equal(['Restart', 'Rebalance', 'Config changed', 'Alerts'])
  })
})
