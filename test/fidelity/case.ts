// A case of the fidelity harness: a topology in JSON, its input, and what came out of it.

/** A function by name, with its parameters. */
export interface FunctionSpec {
  readonly fn: string
  readonly [parameter: string]: unknown
}

/** A node of a case's topology; which fields are there depends on `op`. */
export interface CaseNode {
  readonly id?: string
  readonly op: string
  readonly from?: string
  readonly with?: string
  readonly [parameter: string]: unknown
}

/** A record, or a step of the wall clock. */
export interface CaseInput {
  readonly topic?: string
  readonly key?: string | null
  readonly value?: unknown
  readonly ts?: number
  readonly malformed?: boolean
  readonly advanceWallClockMs?: number
}

export interface Case {
  readonly id: string
  readonly kind?: string
  readonly topology?: { readonly nodes: readonly CaseNode[] }
  readonly input?: readonly CaseInput[]
  readonly policies?: Readonly<Record<string, string>>
  readonly order?: Order
  readonly finalStateOf?: string
  readonly cases?: readonly Readonly<Record<string, unknown>>[]
  readonly [parameter: string]: unknown
}

/** How outputs are compared. */
export type Order = 'exact' | 'perWindow' | 'perInput' | 'perKey'

export interface CaseOutput {
  readonly topic: string
  readonly key: string | null
  readonly value: unknown
  readonly ts: number
  readonly windowStart?: number | null
  readonly windowEnd?: number | null
  readonly afterInput: number
}

/** What running a case gave. */
export interface CaseResult {
  readonly id: string
  readonly kind?: string
  readonly order?: Order
  readonly outputs?: readonly CaseOutput[]
  readonly dropped?: number
  readonly drops?: readonly { afterInput: number; count: number }[]
  readonly failsAtInput?: number
  readonly error?: string
  readonly rejected?: boolean
  readonly unsupported?: string
  readonly toolError?: string
  /** Kafka Streams gives something else with its other kind of stores. */
  readonly storeDependent?: boolean
  readonly finalState?: unknown
  readonly subtopologies?: unknown
  readonly cases?: unknown
  readonly calls?: unknown
}

/** Thrown for what Millrace has not. */
export class Unsupported extends Error {}
