// A disk that is soon full: a small file system in memory where this user may mount one, else a limit on the
// size of files, which the kernel enforces as well.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { startCli, type Running } from '../cli/run-cli.ts'

/** Of the tasks of the police job and its instance: each gets its part of the room where files are limited. */
const FILES = 13

/** A directory with little room. */
export interface SmallDisk {
  readonly directory: string
  /** What is run there finds no more room than that. */
  run(args: readonly string[]): Running
  /** From here on there is room. */
  grow(): void
  /** Gives it back; nothing may run there any more. */
  remove(): void
}

/** Makes one with room for so many kB. */
export function smallDisk(directory: string, kilobytes: number): SmallDisk {
  mkdirSync(directory, { recursive: true })
  const { status } = spawnSync('mount', [
    ...['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', directory],
  ])
  if (status === 0) {
    return {
      directory,
      run: (args) => startCli(args),
      grow: () => execFileSync('mount', ['-o', 'remount,size=512m', directory]),
      remove: () => execFileSync('umount', ['--lazy', directory]),
    }
  }
  // Blocks have 512 bytes.
  const blocks = Math.floor(kilobytes / FILES) * 2
  let hasRoom = false
  return {
    directory,
    run: (args) =>
      hasRoom ? startCli(args) : startCli(args, [], `trap "" XFSZ; ulimit -f ${blocks}; `),
    grow: () => (hasRoom = true),
    remove: () => undefined,
  }
}
