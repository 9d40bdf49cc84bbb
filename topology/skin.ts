// What the skins of streams and tables share.
import { TopologyError } from './errors.ts'
import type { TopologyNode } from './node.ts'
import type { ProcessNode, ProcessSpec } from './process.ts'
import type { Serde } from './serdes/serde.ts'
import type { StaticTable } from './static-table.ts'
import type { GlobalJoinSpec, JoinSpec, Unattached } from './stream-specs.ts'

/** A serde that must be known here, erased. @throws TopologyError saying how to give it. */
export function orFail<T>(name: string, serde: Serde<T> | undefined): Serde<never>
export function orFail<T>(name: string, wanted: T | undefined): T
export function orFail(name: string, wanted: unknown): unknown {
  if (wanted !== undefined) return wanted
  throw new TopologyError(
    name,
    'a serde is needed here that does not follow from what comes before: give it as an argument',
  )
}

/** The node of a join with a static table. */
export function staticJoin<K, V, J extends string | number, R, M, W>(
  name: string,
  table: StaticTable<J, R>,
  { on, merge, onError, onDrop }: JoinSpec<K, V, J, M, W>,
  isLeft: boolean,
): Unattached<TopologyNode> {
  const erased = table as unknown as StaticTable<never, never>
  const policies = { onError, onDrop }
  return { kind: 'static-join', name, table: erased, isLeft, on, merge, ...policies }
}

/** The node of a join with a global table. */
export function globalJoin<K, V, M, W>(
  name: string,
  table: { readonly name: string },
  { on, merge, onError, onDrop }: GlobalJoinSpec<K, V, unknown, M, W>,
  isLeft: boolean,
): Unattached<TopologyNode> {
  const policies = { onError, onDrop }
  return { kind: 'global-join', name, table: table.name, isLeft, on, merge, ...policies }
}

/** What a processor is made of, erased. */
export function processing<Context, K, V>({
  make,
  stores = [],
  tables = [],
}: ProcessSpec<Context, K, V>): Pick<ProcessNode, 'make' | 'stores' | 'tables'> {
  return { make, stores, tables: tables.map(({ origin }) => origin) }
}
