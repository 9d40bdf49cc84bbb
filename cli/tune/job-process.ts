// The fresh process of one run, as its session sees it: started, told when to count and to stop, heard, ended.
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FromJob, MeasuredJob, ToJob } from './measured-job.ts'

/** A run could not be measured. */
export class TuneError extends Error {
  override readonly name = 'TuneError'
  readonly code = 'MILLRACE_TUNE_RUN'
}

/** Lines of its errors that are told. */
const ERROR_LINES = 5

/** A job in a process of its own. */
export class JobProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #heard: FromJob[] = []
  #wake: () => void = () => undefined
  #errors = ''
  #hasEnded = false

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.on('data', (text: Buffer) => (this.#errors += text.toString()))
    child.on('message', (message: FromJob) => {
      this.#heard.push(message)
      this.#wake()
    })
    this.#ended = new Promise((resolve) =>
      child.on('close', () => {
        this.#hasEnded = true
        this.#wake()
        resolve()
      }),
    )
  }

  /** Starts it; it ends with `signal`, and when this process is gone. */
  static async run<T>(
    job: MeasuredJob,
    signal: AbortSignal,
    use: (process: JobProcess) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const script = fileURLToPath(new URL('measured-job.js', import.meta.url))
    const child = fork(script, [JSON.stringify(job)], {
      env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Ctrl-C in a terminal goes to all of its processes: the session ends the run by itself.
      detached: true,
    })
    const started = new JobProcess(child)
    const kill = (): void => void child.kill('SIGKILL')
    signal.addEventListener('abort', kill)
    try {
      return await use(started)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', kill)
      kill()
      await started.#ended
    }
  }

  tell(word: ToJob): void {
    if (this.#child.connected) this.#child.send(word)
  }

  /** The next thing that it says. @throws TuneError when it ends before that. */
  async next(): Promise<FromJob> {
    while (this.#heard.length === 0) {
      if (this.#hasEnded) {
        const why = this.#errors.trim().split('\n').slice(-ERROR_LINES).join(' ')
        throw new TuneError(`the job ended before it had figures: ${why || 'it said nothing'}`)
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#heard.shift()!
  }
}
