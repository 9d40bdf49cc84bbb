// What a job shows of its results on the page: a module with a topology may export `panels` beside it. The
// server reads their topics, and only while somebody looks.
import { TopologyError } from './errors.ts'
import type { PanelSection } from './panel-section.ts'
import type { Topic } from './topic.ts'

/** What is kept of the results. It is made anew with each start, so it must hold no more than it shows. */
export interface PanelView<V> {
  /** Takes a result in the order of its partition; `value` is valid during the call only. */
  add(value: V, partition: number): void
  /** What there is to see now. Called at most once a second. */
  sections(): PanelSection[]
}

/** A panel, erased. */
export interface JobPanel {
  readonly title: string
  /** The topic that is read, from its beginning. */
  readonly topic: Topic<unknown, unknown>
  /** Makes the view that is fed with the records of the topic. */
  readonly open: () => PanelView<unknown>
}

/** Defines a panel of a job over one of its topics. Defining it reads nothing. */
export function definePanel<K, V>(spec: {
  readonly title: string
  readonly topic: Topic<K, V>
  /** Makes the view that is fed with the records of the topic. */
  readonly open: () => PanelView<V>
}): JobPanel {
  return Object.freeze(spec)
}

/**
 * What a module exports as `panels`; none where it exports nothing.
 * @throws TopologyError when it is no array of panels.
 */
export function assertPanels(panels: unknown, where: string): readonly JobPanel[] {
  if (panels === undefined) return []
  if (Array.isArray(panels) && panels.every(isPanel)) return panels
  throw new TopologyError(
    where,
    'export `panels` as an array of what definePanel makes, or not at all',
  )
}

function isPanel(panel: unknown): panel is JobPanel {
  return (
    typeof panel === 'object' &&
    panel !== null &&
    ['title', 'topic', 'open'].every((property) => Object.hasOwn(panel, property))
  )
}
