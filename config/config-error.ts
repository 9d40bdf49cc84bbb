// What is wrong with a configuration, all of it at once. Thrown by config.ts, printed by the CLI.

/** One thing wrong: where it was written, under which key, and what to do. */
export interface ConfigProblem {
  /** `config/streams.properties:12`, `--set` or `settings`. */
  readonly source: string
  readonly key: string
  readonly message: string
}

/** The configuration cannot be used; `problems` has everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'MILLRACE_CONFIG'
  readonly problems: readonly ConfigProblem[]

  /** Names all problems at once. */
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ source, key, message }) => `${source}: ${key}: ${message}`).join('\n'))
    this.problems = problems
  }
}
