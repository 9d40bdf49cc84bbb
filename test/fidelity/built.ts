// What the nodes of a case have become in the DSL, by their ids, and what building them has in common.
import {
  milliseconds,
  type CogroupedStream,
  type GlobalTable,
  type GroupedStream,
  type GroupedTable,
  type RecordContext,
  type SessionStream,
  type Stream,
  type Table,
  type WindowedStream,
} from '../../index.ts'
import { Unsupported, type CaseNode, type FunctionSpec } from './case.ts'
import { keySerde } from './codecs.ts'
import { ofKeyAndValue, predicate, type Key } from './functions.ts'
import type { AggregateCase } from './windowed-case.ts'

/** A stream of a case: which keys and values it has is not known before. */
export type CaseStream = Stream<Key, unknown>
/** A table of a case. */
export type CaseTable = Table<Key, unknown>
/** What a node of a case may have become. */
export type Built =
  | { readonly is: 'stream'; readonly stream: CaseStream }
  | { readonly is: 'table'; readonly table: CaseTable }
  | { readonly is: 'global'; readonly table: GlobalTable<string, unknown> }
  | { readonly is: 'group'; readonly group: GroupedStream<Key, unknown> }
  | { readonly is: 'cogroup'; readonly cogroup: CogroupedStream<Key, unknown> }
  | { readonly is: 'cogrouped-windows'; readonly aggregate: AggregateCase }
  | { readonly is: 'table-group'; readonly group: GroupedTable<Key, unknown> }
  | {
      readonly is: 'windows'
      readonly windows: WindowedStream<Key, unknown>
      readonly emit: 'on-update' | 'on-window-close'
    }
  | {
      readonly is: 'sessions'
      readonly windows: SessionStream<Key, unknown>
      readonly emit: 'on-update' | 'on-window-close'
    }

/** What the functions of a case are told of a record. */
export type CaseRecord = RecordContext<Key>

/** What was built of a case so far. */
export class BuiltNodes {
  readonly #built = new Map<string, Built>()

  set(id: string, built: Built): void {
    this.#built.set(id, built)
  }

  get(id: string | undefined): Built | undefined {
    return this.#built.get(id ?? '')
  }

  /** The stream that a node reads. */
  from(node: CaseNode): CaseStream {
    return this.of(node.from, 'stream').stream
  }

  /** @throws Unsupported when it is something else. */
  of<Is extends Built['is']>(id: string | undefined, is: Is): Extract<Built, { is: Is }> {
    const found = this.get(id)
    if (found?.is !== is) throw new Unsupported(`${id} is ${found?.is ?? 'not there'}, not ${is}`)
    return found as Extract<Built, { is: Is }>
  }
}

/** The function that a field of a node describes. */
export const fn = (node: CaseNode, field: string): FunctionSpec => node[field] as FunctionSpec
/** A field that is a string. */
export const stringOf = (value: unknown): string => String(value)
/** Whether a node names a store. */
export const hasStore = (node: CaseNode): boolean => typeof node.store === 'string'
/** The serde of keys, whatever their type. */
export const streamKey = keySerde as never

/** How long a case wants former versions kept. */
export function historyOf({ versionedHistoryMs }: CaseNode) {
  return versionedHistoryMs === undefined
    ? {}
    : { history: milliseconds(versionedHistoryMs as number) }
}

/** A stream, whatever its type. */
export const asStream = (stream: unknown): Built => ({ is: 'stream', stream: stream as CaseStream })
/** A table, whatever its type. */
export const asTable = (table: unknown): Built => ({ is: 'table', table: table as CaseTable })

/** A predicate of the DSL. */
export function keeping(spec: FunctionSpec): (value: unknown, record: CaseRecord) => boolean {
  const keep = predicate(spec)
  return (value, { key }) => keep(key, value)
}

/** A function of values of the DSL. */
export function mapping(spec: FunctionSpec): (value: unknown, record: CaseRecord) => unknown {
  const map = ofKeyAndValue(spec)
  return (value, { key }) => map(key, value)
}
