// Loaded into a process before its program (`node --import`): kills it, as kill -9 does, at one place of
// the commit. Place and number of the call are the query of this module's address: see `diesAt`.
import { isMainThread } from 'node:worker_threads'
import { loadAddon } from '../../broker/native/addon.ts'
import { CheckpointStore } from '../../state/checkpoint-store.ts'
import { SegmentWriter } from '../../broker/embedded/segment-writer.ts'
import { ThreadCommits } from '../../runtime/thread-commits.ts'

type Method = (this: unknown, ...args: unknown[]) => unknown
type Methods = Record<string, Method>
/** Before a method runs, when it has returned, or when its answer comes, by a callback or a promise. */
type When = 'before' | 'after' | 'answered'
/** Finds the methods; undefined in a thread that has none of them. */
type Find = () => Promise<Methods | undefined>

// Threads do not load the client: it is the main thread's.
const producer = async (): Promise<Methods | undefined> => {
  if (!isMainThread) return undefined
  const { default: client } = (await import('node-rdkafka')) as unknown as {
    readonly default: { readonly Producer: { readonly prototype: Methods } }
  }
  return client.Producer.prototype
}
// Offsets go through the addon, with what is kept beside them.
const addon = (): Promise<Methods | undefined> => {
  const { addon: functions } = loadAddon()
  return Promise.resolve(isMainThread ? (functions as unknown as Methods | undefined) : undefined)
}
const own = (type: { readonly prototype: unknown }) => (): Promise<Methods> =>
  Promise.resolve(type.prototype as Methods)

/** The places, in the order in which a commit comes to them. */
const PLACES: Readonly<Record<string, readonly [Find, string, When]>> = {
  'thread-prepares': [own(ThreadCommits), 'prepare', 'before'],
  'thread-is-prepared': [own(ThreadCommits), 'prepare', 'after'],
  'results-are-acknowledged': [own(ThreadCommits), 'tell', 'before'],
  'changelogs-are-told': [own(ThreadCommits), 'tell', 'after'],
  'offsets-are-sent': [addon, 'sendOffsets', 'before'],
  'offsets-are-under-way': [addon, 'sendOffsets', 'after'],
  'offsets-are-there': [addon, 'sendOffsets', 'answered'],
  'commit-is-sent': [producer, 'commitTransaction', 'before'],
  'commit-is-under-way': [producer, 'commitTransaction', 'after'],
  'commit-is-through': [producer, 'commitTransaction', 'answered'],
  'next-is-begun': [producer, 'beginTransaction', 'answered'],
  'state-follows': [own(ThreadCommits), 'settle', 'before'],
  'state-is-written': [own(CheckpointStore), 'save', 'after'],
  'state-is-saved': [own(ThreadCommits), 'settle', 'after'],
  'rows-are-written': [own(SegmentWriter), 'write', 'after'],
  'disk-is-asked': [own(SegmentWriter), 'syncLater', 'after'],
  'disk-has-answered': [own(SegmentWriter), 'sync', 'after'],
  'log-is-committed': [own(SegmentWriter), 'committed', 'before'],
}

/** Options of Node for a process that dies when it has come to a place so often. */
export function diesAt(place: string, call: number): string[] {
  if (PLACES[place] === undefined) throw new Error(`no such place: ${place}`)
  return ['--import', `${import.meta.url.replace(/\?.*/, '')}?place=${place}&call=${call}`]
}

const { searchParams } = new URL(import.meta.url)
const chosen = PLACES[searchParams.get('place') ?? '']
if (chosen !== undefined) await dieAt(...chosen, Number(searchParams.get('call')))

async function dieAt(find: Find, name: string, when: When, call: number): Promise<void> {
  const methods = await find()
  if (methods === undefined) return
  const original = methods[name]
  if (original === undefined) throw new Error(`there is no ${name} to die at`)
  let calls = 0
  methods[name] = function (...args) {
    const isDue = ++calls === call
    if (isDue && when === 'before') die()
    const done = args.at(-1)
    if (isDue && when === 'answered' && typeof done === 'function') args[args.length - 1] = die
    const result = original.apply(this, args)
    if (isDue && when === 'after') die()
    if (isDue && when === 'answered' && result instanceof Promise) return result.then(die)
    return result
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
