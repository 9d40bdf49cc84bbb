// What the page reads as JSON: the shapes of /status, /config, /topology.json, /history and /panels. Server
// and page import it, and it imports only what a job's panels are made of.
import type { PanelSection } from '../topology/panel-section.ts'

export type { PanelSection } from '../topology/panel-section.ts'

/** One second or so of a running application. Counts are of this second alone. */
export interface HistoryPoint {
  /** Rises by one from point to point. */
  readonly seq: number
  /** When the second ended, epoch ms. */
  readonly timeMs: number
  /** How long it really was. */
  readonly spanMs: number
  /** Progress reports in it; the four below are sums over them. */
  readonly batches: number
  readonly inputRows: number
  readonly outputRows: number
  readonly batchMs: number
  /** Their `durationMs` by operation, without `triggerExecution`. */
  readonly operationMs: Readonly<Record<string, number>>
  /** Of the last progress report, epoch ms; null before the first record. */
  readonly watermarkMs: number | null
  /** Records that all tasks together processed, those behind a repartition topic too. */
  readonly processedRows: number
  /** Records that are not read yet, all partitions of all inputs; null where that is not known. */
  readonly lag: number | null
  /** By reason; only reasons that occurred. */
  readonly drops: Readonly<Record<string, number>>
  /** From a record's timestamp to the result in a sink; null in a second without results. */
  readonly latencySeconds: Quantiles | null
  /** Records by topic; only topics that moved. */
  readonly consumed: Readonly<Record<string, number>>
  readonly produced: Readonly<Record<string, number>>
  /** Records that came to each operator; only with `metrics.recording.level=DEBUG`. */
  readonly operators: Readonly<Record<string, number>>
  /** What happened to the application: starts, rebalances, threads that died, changes of settings. */
  readonly markers: readonly string[]
}

/** Quantiles; Infinity cannot be written as JSON, so one beyond the last bucket is that bucket's end. */
export interface Quantiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** GET /history. */
export interface History {
  /** The oldest first. */
  readonly points: readonly HistoryPoint[]
  readonly pointsMax: number
}

export interface ThreadStatus {
  readonly threadId: string
  /** As Kafka Streams names them. */
  readonly state: string
  readonly tasks: number
}

export interface TaskStatus {
  readonly taskId: string
  /** Its owner. */
  readonly threadId: string
  /** Of a `standby` another instance runs the task. */
  readonly state: 'restoring' | 'running' | 'standby'
  readonly processed: number
  /** Read and not yet processed. */
  readonly buffered: number | null
  readonly streamTimeMs: number | null
  readonly restored: number
  readonly restoreRemaining: number
  /** Changelog records that a standby lacks; null for others. */
  readonly standbyLag: number | null
  readonly dropped: Readonly<Record<string, number>>
}

export interface StoreStatus {
  readonly store: string
  readonly keys: number
  readonly bytes: number
}

export interface TopicStatus {
  readonly topic: string
  /** Records since the start. */
  readonly consumed: number
  readonly produced: number
  /** Records that are not read yet; null where that is not known, or nothing reads the topic here. */
  readonly lag: number | null
}

/** GET /status. */
export interface Status {
  readonly applicationId: string
  readonly runId: string
  /** As Kafka Streams names them: RUNNING, REBALANCING, … */
  readonly state: string
  readonly problems: readonly string[]
  readonly threads: readonly ThreadStatus[]
  /** Those of this instance. */
  readonly tasks: readonly TaskStatus[]
  readonly stores: readonly StoreStatus[]
  readonly topics: readonly TopicStatus[]
}

/** A setting in effect. */
export interface ConfigSetting {
  readonly key: string
  /** `***` for a secret. */
  readonly value: string
  /** Where it was set, or `default`. */
  readonly source: string
  /** Null where the key has none, or is one of the client's. */
  readonly default: string | null
  readonly differs: boolean
  /** One sentence on what the key does; null for keys of the client. */
  readonly about: string | null
  /** Whether an edit of it takes effect at once. */
  readonly hot: boolean
}

/** GET /config, as far as the page reads it. */
export interface ConfigReport {
  readonly entries: readonly ConfigSetting[]
  /** Edited keys whose new values wait for a restart. */
  readonly needsRestart: readonly { readonly key: string; readonly value?: string }[]
  /** What is wrong with the files as they are now. */
  readonly problems: readonly {
    readonly source: string
    readonly key: string
    readonly message: string
  }[]
}

/** A node of GET /topology.json. */
export interface GraphNode {
  readonly name: string
  readonly kind: 'source' | 'processor' | 'sink'
  /** What a source reads or a sink writes; one of the application's own lacks its prefix. */
  readonly topics: readonly string[]
  readonly isInternal: boolean
  readonly stores: readonly string[]
  readonly children: readonly string[]
  readonly parents: readonly string[]
}

/** GET /topology.json. */
export interface Graph {
  readonly name: string
  readonly subtopologies: readonly { readonly id: number; readonly nodes: readonly GraphNode[] }[]
}

/** A panel of the job, one of those of GET /panels. */
export interface Panel {
  readonly title: string
  readonly topic: string
  /** Rows of the topic that are in the sections. */
  readonly rows: number
  /** Rows that are not in them yet. */
  readonly behind: number
  /** Rows that could not be read. */
  readonly unreadable: number
  /** Why it has stopped; null while it goes on. */
  readonly problem: string | null
  readonly sections: readonly PanelSection[]
}

/** A row of a store. */
export interface StoreRow {
  readonly key: unknown
  /** Of windowed stores: half-open, epoch ms. */
  readonly window?: { readonly startMs: number; readonly endMs: number }
  readonly partition: number
  readonly value: unknown
  /** Of the record that it came from. */
  readonly timestampMs: number
}

/** An event of GET /watch: what has changed in one of the stores. */
export interface StoreEvent {
  readonly store: string
  /** Whether these are all rows: so it is once, at first. */
  readonly isWhole: boolean
  /** New ones, and those that have changed. */
  readonly rows: readonly StoreRow[]
  readonly removed: readonly Pick<StoreRow, 'key' | 'window' | 'partition'>[]
  /** Whether there are more rows than are wanted. */
  readonly isCut: boolean
  /** Partitions for which nobody answers now, and why; their rows are as they were. */
  readonly missing: Readonly<Record<string, 'restoring' | 'elsewhere'>>
}
