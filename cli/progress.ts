// How far a long command is: a bar with the time left on a terminal, a line now and then elsewhere. Both
// go to stderr, stdout is for results. Used by generate and replay.
import { Presets, SingleBar } from 'cli-progress'

/** Shows progress until `stop`. */
export interface Progress {
  /** `done` from 0 to 1; `text` says more, such as a rate. May be called often. */
  update(phase: string, done: number, text: string): void
  /** Must be called, or the terminal's cursor stays hidden and the process alive. */
  stop(): void
}

const LINE_INTERVAL_MS = 2_000
const BAR_STEPS = 1_000

/** Starts to show progress, on a terminal or for a log. */
export function startProgress(isTerminal = process.stderr.isTTY): Progress {
  return isTerminal ? bar() : lines()
}

function bar(): Progress {
  const single = new SingleBar(
    {
      format: '{phase} {bar} {percentage} %  {text}  {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 50,
      fps: 5,
      // The command itself ends in good order; the bar would kill the process.
      gracefulExit: false,
    },
    Presets.shades_classic,
  )
  let current = ''
  return {
    update(phase, done, text) {
      const value = Math.round(done * BAR_STEPS)
      if (phase !== current) {
        if (current !== '') single.stop()
        current = phase
        single.start(BAR_STEPS, value, { phase, text })
      } else {
        single.update(value, { phase, text })
      }
    },
    stop: () => single.stop(),
  }
}

function lines(): Progress {
  let line: string | undefined
  const timer = setInterval(() => {
    if (line !== undefined) process.stderr.write(line)
    line = undefined
  }, LINE_INTERVAL_MS)
  return {
    update(phase, done, text) {
      line = `${phase} ${Math.floor(done * 100)} %  ${text}\n`
    },
    stop: () => clearInterval(timer),
  }
}

/** `199,999` */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `199,999 rows in 1.2 s (166,666 rows/s)` */
export function summary(rows: number, elapsedMs: number): string {
  const rate = elapsedMs > 0 ? (rows * 1_000) / elapsedMs : 0
  return `${grouped(rows)} rows in ${(elapsedMs / 1_000).toFixed(1)} s (${grouped(rate)} rows/s)`
}
