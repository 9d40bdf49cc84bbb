// Written from transit.proto by `npm run messages`: change it there.
/** A train has come to a station. */
export interface Arrival {
  /** When, epoch ms. */
  readonly timestamp: number
  /** BL, GL or RL and three digits. */
  readonly train_id: string
  /** red, blue or green. */
  readonly line: string
  readonly station_id: number
  /** a: towards stations of higher order; b: back. */
  readonly direction: string
  /** in_service, broken_down or out_of_service. */
  readonly train_status: string
  /** Where it stood before; not set for its first arrival. */
  readonly prev_station_id?: number | undefined
  readonly prev_direction?: string | undefined
}

/** Somebody has passed a turnstile. */
export interface Entry {
  /** When, epoch ms. */
  readonly timestamp: number
  readonly station_id: number
  readonly station_name: string
  /** The line that the person came for. */
  readonly line: string
}

/** What the weather is. */
export interface Weather {
  /** When, epoch ms. */
  readonly timestamp: number
  /** Degrees Fahrenheit. */
  readonly temperature: number
  /** sunny, partly_cloudy, cloudy, windy or precipitation. */
  readonly status: string
}
