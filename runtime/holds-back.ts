// Whether a part of a topology lets records out later than they came in: then the time it has reached says
// nothing of what it may still send.
import type { Subtopology } from '../topology/subtopology.ts'

/** Whether any node gives out results with times that lie behind the event time of its task. */
export function holdsBack({ nodes }: Subtopology): boolean {
  return nodes.some((node) => {
    switch (node.kind) {
      case 'windowed-count':
      case 'windowed-aggregate':
        return node.emit === 'on-window-close'
      case 'suppress':
        return true
      case 'stream-join':
        return node.outer.length > 0
      case 'stream-table-join':
        return node.graceMs !== undefined
      default:
        return false
    }
  })
}
