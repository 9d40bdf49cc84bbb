// Whether V8 describes two objects by one hidden class. One that each object has of its own is garbage among what is
// old, which is looked through seldom: what is made with each commit or row must share one.
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'

// Stays: the function is compiled when it is called.
setFlagsFromString('--allow-natives-syntax')
/** Whether both have the same keys in the same order, made the same way. */
export const haveOneHiddenClass = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (
  a: object,
  b: object,
) => boolean
