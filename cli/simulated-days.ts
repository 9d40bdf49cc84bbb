// The days of the simulated city: where they begin. Used by simulate and demo.
import { InvalidArgumentError } from 'commander'
import { CHICAGO } from '../data/transit/simulation.ts'
import { zoneOffsets } from '../topology/time/zoned-time.ts'

/** The month that the City's figures are of begins with a Monday. */
export const FIRST_DAY = '2018-10-01'

/** Midnight of a day in Chicago, epoch ms. @throws InvalidArgumentError */
export function midnight(date: string): number {
  const localMs = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN
  if (Number.isNaN(localMs)) throw new InvalidArgumentError('it is not a day like 2018-10-01')
  return zoneOffsets(CHICAGO).toEpochMs(localMs)
}
