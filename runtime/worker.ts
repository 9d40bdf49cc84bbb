// What a worker thread runs: piscina calls `prepareThread` in one that is started ahead, then `runThread` once, and
// that ends when the thread is stopped.
import { join } from 'node:path'
import { receiveMessageOnPort, threadId, type MessagePort } from 'node:worker_threads'
import { openDataPort } from '../broker/data-port.ts'
import { loadAddon } from '../broker/native/addon.ts'
import { nativeRowReader } from '../broker/native/row-reader.ts'
import { useHugePages } from '../topology/serdes/huge-pages.ts'
import { withTopics } from '../topology/matching.ts'
import { assertTopology } from '../topology/topology.ts'
import type { ChannelSpec } from '../broker/ports.ts'
import { systemClock } from './clock.ts'
import { applicationDirectory } from './instance.ts'
import type { ThreadControl } from './launch.ts'
import type { NumberedRequest, ThreadFailure, ThreadSpec } from './messages.ts'
import { StreamThread } from './stream-thread.ts'
import { failureOf } from './thread-failure.ts'

/** Loads what the thread will need, while nobody knows its tasks yet. */
export async function prepareThread(topologyUrl: string): Promise<void> {
  await import(topologyUrl)
}

/** Runs a stream thread. @returns undefined after an orderly stop, else what ended it. */
export async function runThread(spec: ThreadSpec): Promise<ThreadFailure | undefined> {
  let thread: StreamThread | undefined
  try {
    const module = (await import(spec.topology)) as { readonly default?: unknown }
    const declared = assertTopology(module.default, spec.topology)
    const topology = withTopics(declared, spec.plan.sourceTopics)
    useHugePages(loadAddon().addon?.useHugePages)
    const port = await openDataPort(spec.channel)
    thread = new StreamThread(spec, topology, {
      port,
      control: controlOn(spec.control),
      readerOf: nativeRowReader(),
      spillPath: join(directoryOf(spec.channel), `spilled-${process.pid}-${threadId}`),
      clock: systemClock,
    })
    await thread.run()
    return undefined
  } catch (error) {
    return failureOf(error)
  } finally {
    thread?.close()
  }
}

/** Where the state lies. */
function directoryOf(channel: ChannelSpec): string {
  if (channel.kind === 'embedded') return channel.directory
  return applicationDirectory(channel.stateDir, channel.applicationId)
}

function controlOn(port: MessagePort): ThreadControl {
  return {
    next: () => (receiveMessageOnPort(port) as { message: NumberedRequest } | undefined)?.message,
    answer: (answer) => port.postMessage(answer),
  }
}
