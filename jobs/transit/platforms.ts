// Which trains stand at a station: what arrivals come to. topology.ts folds moves into it.
import type { Arrival } from './messages.ts'
import type { StationKey } from './topics.ts'

/** The platforms of a station, by direction. */
export interface Platforms {
  readonly a: Platform
  readonly b: Platform
}

/** The train at a platform, null where none stands, and since when that is so, epoch ms. */
export interface Platform {
  readonly train: string | null
  readonly since: number
}

/** What an arrival means for one station: a train has come there, or has left it. */
export interface Move {
  readonly train_id: string
  readonly direction: string
  readonly isThere: boolean
  readonly timestamp: number
}

const EMPTY: Platform = { train: null, since: -1 }
export const NO_TRAINS: Platforms = { a: EMPTY, b: EMPTY }

/** An arrival as moves: the train leaves where it stood, unless that is where it has come to. */
export function movesOf(arrival: Arrival): { key: StationKey; value: Move }[] {
  const { line, train_id, station_id, direction, train_status, timestamp } = arrival
  const { prev_station_id: before, prev_direction: beforeTo = direction } = arrival
  const isThere = train_status !== 'out_of_service'
  const comes = { key: { line, station_id }, value: { train_id, direction, isThere, timestamp } }
  if (before === undefined || (before === station_id && beforeTo === direction)) return [comes]
  const leaves = {
    key: { line, station_id: before },
    value: { train_id, direction: beforeTo, isThere: false, timestamp },
  }
  return [leaves, comes]
}

/**
 * The platforms after a move. Moves of one train come in order, those of two in any: a train that leaves
 * takes no other with it, and one whose arrival is heard of late has long gone on.
 */
export function moved(platforms: Platforms, move: Move): Platforms {
  const { train_id, direction, isThere, timestamp: since } = move
  if (direction !== 'a' && direction !== 'b') return platforms
  const { train, since: before } = platforms[direction]
  if (since < before || (!isThere && train !== train_id)) return platforms
  return { ...platforms, [direction]: { train: isThere ? train_id : null, since } }
}
