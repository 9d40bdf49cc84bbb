// `millrace generate`: writes police calls like those that San Francisco publishes.
import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { FileFormat } from '../data/police-calls/file-format.ts'
import { PUBLISHED_ROWS } from '../data/police-calls/generate.ts'
import { writePoliceCalls } from '../data/police-calls/write.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { whole } from './option-values.ts'
import { grouped, startProgress, summary } from './progress.ts'

interface GenerateOptions {
  readonly rows: number
  readonly seed: number
  readonly format?: FileFormat
  readonly faults: number
  readonly force?: boolean
}

/** The command `generate FILE`. */
export function generateCommand(): Command {
  const command = new Command('generate')
    .description('write San Francisco police calls, calibrated on the published ones, newest first')
    .argument('<file>', 'file to write; compressed when its name ends in .gz')
    .option('--rows <n>', 'how many; more reach further back in time', whole(0), PUBLISHED_ROWS)
    .option('--seed <n>', 'same seed and number: same bytes', whole(0), 1)
    .addOption(
      new Option('--format <format>', 'one indented array, as published, or one object a line')
        .choices(['array', 'lines'])
        .default(undefined, 'array for .json, lines for other names'),
    )
    .option('--faults <share>', 'add broken rows, this share of the rows (0 to 1)', share, 0)
    .option('--force', 'overwrite the file')
  return inContext<GenerateOptions>(command, (context, [file = ''], options) =>
    generate(context, file, options),
  )
}

async function generate(
  context: CliContext,
  file: string,
  { rows, seed, faults, force, ...options }: GenerateOptions,
): Promise<void> {
  if (force !== true && existsSync(file)) {
    throw new UsageError(`${file} is there already: give --force to overwrite it`)
  }
  const format = options.format ?? (/\.json(\.gz)?$/.test(file) ? 'array' : 'lines')
  const startMs = performance.now()
  const progress = startProgress()
  try {
    const { signal } = context
    const onProgress = (done: number): void => {
      const rate = (done * 1_000) / (performance.now() - startMs)
      progress.update('writing', rows === 0 ? 1 : done / rows, `${grouped(rate)} rows/s`)
    }
    const written = await writePoliceCalls({ file, rows, seed, format, faults, onProgress, signal })
    progress.stop()
    const broken = written.faults > 0 ? `, and ${grouped(written.faults)} broken ones` : ''
    const line = summary(written.rows, performance.now() - startMs)
    await context.write(`wrote ${line}${broken} to ${file}\n`)
  } catch (error) {
    // Interrupted, not failed: nothing is left of the file.
    context.signal.throwIfAborted()
    throw error
  } finally {
    progress.stop()
  }
}

function share(text: string): number {
  const value = /^[\d.]+$/.test(text) ? Number(text) : NaN
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('it is not a number from 0 to 1')
  return value
}
