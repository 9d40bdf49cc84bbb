// What every command works with: configuration, broker, logger, output and the wish to stop. Made by
// command.ts for one run of one command, and closed after it.
import type { Broker } from '../broker/ports.ts'
import { openBroker } from '../broker/open.ts'
import { loadConfig, type Config, type LoadOptions } from '../config/config.ts'
import { brokerOptions } from '../runtime/broker-options.ts'
import { EXIT, InterruptedError, OutputClosedError, UsageError } from './exit-codes.ts'
import { createLogger, type Logger } from './logger.ts'

/** The options that every command takes. */
export interface CommonOptions {
  /** A directory with *.properties files. */
  readonly config?: string
  /** `key=value`, in order. */
  readonly set?: readonly string[]
  readonly verbose?: boolean
}

/** A command's surroundings; configuration, logger and broker are made when first asked for. */
export interface CliContext {
  /** As it was when it was first asked for. @throws ConfigError */
  readonly config: Config
  /** Where it comes from, to follow its edits. @throws UsageError */
  readonly configSource: LoadOptions
  readonly logger: Logger
  readonly verbose: boolean
  /** Whether a person sees what is written. */
  readonly isTerminal: boolean
  /**
   * Aborted by Ctrl-C, SIGTERM, or when nobody reads the output any more. A command that was cut
   * short calls `signal.throwIfAborted()`; one that runs until it is stopped just returns.
   */
  readonly signal: AbortSignal
  /** Writes to stdout; resolves when there is room for more. */
  write(text: string): Promise<void>
  /**
   * The configured broker, opened once and closed with the context.
   * @throws BrokerError, ConfigError
   */
  openBroker(): Promise<Broker>
  /** Closes what was opened. */
  close(): Promise<void>
}

/** Makes a context and listens to signals until it is closed. */
export function createContext(options: CommonOptions): CliContext {
  const stop = new AbortController()
  const release = listen(stop)
  let config: Config | undefined
  let logger: Logger | undefined
  let broker: Promise<Broker> | undefined
  const isVerbose = options.verbose === true
  const context: CliContext = {
    get config() {
      return (config ??= loadConfig(context.configSource))
    },
    get configSource() {
      return { directory: options.config, overrides: overridesOf(options.set ?? []) }
    },
    get logger() {
      logger ??= createLogger({
        level: isVerbose ? 'debug' : context.config.streams.logLevel,
        pretty: process.stderr.isTTY,
      })
      return logger
    },
    verbose: isVerbose,
    isTerminal: process.stdout.isTTY,
    signal: stop.signal,
    write: createWriter(stop.signal),
    openBroker: () => (broker ??= openBroker(brokerOptions(context.config.streams))),
    close: async () => {
      release()
      // An opening that failed was reported to whoever asked for it.
      await broker?.then(
        (opened) => opened.close(),
        () => undefined,
      )
    },
  }
  return context
}

/** @throws UsageError when a `--set` is not `key=value`. */
function overridesOf(set: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    set.map((setting) => {
      const equals = setting.indexOf('=')
      if (equals < 1) throw new UsageError(`--set ${setting}: write --set key=value`)
      return [setting.slice(0, equals).trim(), setting.slice(equals + 1)]
    }),
  )
}

function listen(stop: AbortController): () => void {
  const onSignal = (name: NodeJS.Signals) => {
    const reason = new InterruptedError(name === 'SIGTERM' ? 'SIGTERM' : 'SIGINT')
    if (stop.signal.aborted) endBy(name)
    else stop.abort(reason)
  }
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    stop.abort(new OutputClosedError('nobody reads the output'))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  process.stdout.on('error', onOutputError)
  return () => {
    // The listener for stdout stays: what was written last may still fail.
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/**
 * Asked twice: whoever asks does not want to wait for an orderly stop. An exit would wait for workers to end, and one
 * that hangs within a write of the embedded log never does: the signal itself ends the process.
 */
function endBy(name: NodeJS.Signals): void {
  process.removeAllListeners(name)
  process.kill(process.pid, name)
  // The first process of a container is not ended by its own signals.
  process.exit(name === 'SIGTERM' ? EXIT.SIGTERM : EXIT.SIGINT)
}

/** One wait for all who write at once: tail has a writer for each partition. */
function createWriter(signal: AbortSignal): (text: string) => Promise<void> {
  let room: Promise<void> | undefined
  return (text) => {
    // After the wish to stop nobody waits: a closed pipe would never have room again.
    if (process.stdout.write(text) || signal.aborted) return Promise.resolve()
    room ??= new Promise((resolve) => {
      const done = () => {
        process.stdout.off('drain', done)
        signal.removeEventListener('abort', done)
        room = undefined
        resolve()
      }
      process.stdout.once('drain', done)
      signal.addEventListener('abort', done)
    })
    return room
  }
}
