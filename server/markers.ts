// What happened to an application between two snapshots of its metrics, in a few words each: the marks on
// the page's charts. Part of the history.
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import { samplesOf, sumOf, sumsBy } from './families.ts'

/** The marks of a point; `isFirst` for the first one of a run. */
export function markersOf(
  before: readonly MetricFamily[],
  now: readonly MetricFamily[],
  isFirst: boolean,
): string[] {
  if (isFirst) return ['started']
  const markers: string[] = []
  const then = sumsBy(before, 'kafka_consumer_rebalances_total', 'reason')
  for (const [reason, count] of sumsBy(now, 'kafka_consumer_rebalances_total', 'reason')) {
    if (count > (then.get(reason) ?? 0)) markers.push(`rebalance: ${reason}`)
  }
  const failed = 'kafka_stream_failed_stream_threads_total'
  if ((sumOf(now, failed) ?? 0) > (sumOf(before, failed) ?? 0)) markers.push('thread replaced')
  const aborts = 'kafka_producer_txn_aborts_total'
  if ((sumOf(now, aborts) ?? 0) > (sumOf(before, aborts) ?? 0)) markers.push('transaction aborted')
  const hashes = [before, now].map(
    (families) => samplesOf(families, 'kafka_stream_info')[0]?.labels['config_hash'],
  )
  if (hashes[0] !== undefined && hashes[0] !== hashes[1]) markers.push(settingsMarker(before, now))
  return markers
}

/** Names what changed; the hash also covers secrets, of which nothing more is told. */
function settingsMarker(before: readonly MetricFamily[], now: readonly MetricFamily[]): string {
  const then = settingsOf(before)
  const changes = [...settingsOf(now)]
    .filter(([key, value]) => then.get(key) !== value)
    .map(([key, value]) => `${key} ${then.get(key) ?? 'unset'} → ${value}`)
  return changes.length === 0 ? 'settings changed' : changes.join(', ')
}

function settingsOf(families: readonly MetricFamily[]): ReadonlyMap<string, string> {
  const samples = samplesOf(families, 'kafka_stream_config_info')
  return new Map(samples.map(({ labels: { key = '', value = '' } }) => [key, value]))
}
