// Sorted runs of records in temporary files: packed batches, each behind its length. time-sort.ts
// writes what does not fit into memory here, and reads it back once.
import { mkdtemp, open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReplayError } from './replay-error.ts'

const LENGTH_BYTES = 4

/** A temporary directory with runs; made with the first run, gone with `remove`. */
export class RunDirectory {
  readonly #parent: string
  #directory: string | undefined
  #runs = 0

  /** `parent` is where the directory is made: the system's place for temporary files, unless given. */
  constructor(parent = tmpdir()) {
    this.#parent = parent
  }

  /**
   * Writes packed batches as a run; answers its file.
   * @throws ReplayError MILLRACE_REPLAY_SORT
   */
  async write(run: Iterable<ArrayBuffer> | AsyncIterable<ArrayBuffer>): Promise<string> {
    try {
      this.#directory ??= await mkdtemp(join(this.#parent, 'millrace-sort-'))
      const file = join(this.#directory, String(this.#runs++))
      const handle = await open(file, 'wx')
      try {
        for await (const packed of run) await writeFrame(handle, packed)
      } finally {
        await handle.close()
      }
      return file
    } catch (cause) {
      if (cause instanceof ReplayError) throw cause
      throw new ReplayError(
        'MILLRACE_REPLAY_SORT',
        `cannot sort in ${this.#parent}: ${(cause as Error).message}; set TMPDIR to a directory with ` +
          `room for the whole file, raise replay.sort.memory.bytes, or replay in order=file`,
        cause,
      )
    }
  }

  /**
   * The batches of a run that `write` made; the file is deleted at the end.
   * @throws ReplayError MILLRACE_REPLAY_SORT
   */
  async *read(file: string): AsyncGenerator<ArrayBuffer> {
    const handle = await open(file)
    try {
      for (;;) {
        const length = await read(handle, LENGTH_BYTES, file)
        if (length === undefined) break
        const packed = await read(handle, new DataView(length).getUint32(0, true), file)
        if (packed === undefined) throw cut(file)
        yield packed
      }
    } finally {
      await handle.close()
      await rm(file, { force: true })
    }
  }

  /** Deletes the directory with all that is left in it. */
  async remove(): Promise<void> {
    if (this.#directory === undefined) return
    await rm(this.#directory, { recursive: true, force: true })
    this.#directory = undefined
  }
}

async function writeFrame(handle: FileHandle, packed: ArrayBuffer): Promise<void> {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(packed.byteLength)
  await handle.writev([length, new Uint8Array(packed)])
}

/** The next bytes, or undefined at the file's end. */
async function read(
  handle: FileHandle,
  length: number,
  file: string,
): Promise<ArrayBuffer | undefined> {
  const bytes = new Uint8Array(length)
  const { bytesRead } = await handle.read(bytes, 0, length)
  if (bytesRead === 0) return undefined
  if (bytesRead < length) throw cut(file)
  return bytes.buffer
}

function cut(file: string): ReplayError {
  return new ReplayError('MILLRACE_REPLAY_SORT', `${file} was cut short by somebody; replay again`)
}
