// What the runtime logs to; pino's logger fits. Nothing is logged per record.

type Write = (fields: object, message: string) => void

export interface RunLog {
  debug: Write
  info: Write
  warn: Write & ((message: string) => void)
  error: Write
}

const nowhere = (): void => undefined

/** Logs nothing. */
export const silentLog: RunLog = { debug: nowhere, info: nowhere, warn: nowhere, error: nowhere }
