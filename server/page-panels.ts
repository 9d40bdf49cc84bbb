// The panels of one job, with their readers. cli/ makes them of what the job's module exports; routes.ts
// asks for what they show.
import type { Broker } from '../broker/ports.ts'
import type { JobPanel } from '../topology/panel.ts'
import { PanelReader } from './panel-reader.ts'
import type { Panel } from './wire.ts'

export interface PagePanels {
  /** What there is to see; asking for it keeps the reading going. */
  show(): Promise<Panel[]>
  /** Must be called before the broker is closed. */
  close(): Promise<void>
}

/** Makes readers for panels; nothing is read before somebody looks. */
export function openPanels(
  broker: Broker,
  panels: readonly JobPanel[],
  formats: Readonly<Record<string, string>>,
): PagePanels {
  const readers = panels.map((panel) => new PanelReader(broker, panel, formats))
  return {
    show: () => Promise.all(readers.map((reader) => reader.show())),
    close: async () => {
      await Promise.all(readers.map((reader) => reader.close()))
    },
  }
}
