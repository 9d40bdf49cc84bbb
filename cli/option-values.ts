// Numbers among the command line's options, read as the configuration reads its own. The commands call it.
import { InvalidArgumentError } from 'commander'
import { int, positive, type ValueType } from '../config/values.ts'

/** Reads a whole number of at least `min`. @throws InvalidArgumentError in what is returned. */
export const whole = (min: number): ((text: string) => number) => readerOf(int(min))

/** Reads a number above 0. @throws InvalidArgumentError */
export const decimal = readerOf(positive)

function readerOf<T>(type: ValueType<T>): (text: string) => T {
  return (text) => {
    const value = type.read(text)
    if (value === undefined) throw new InvalidArgumentError(`it is not ${type.expects}`)
    return value
  }
}
