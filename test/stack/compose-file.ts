// docker-compose.yml as the tests of the stack read it: anchors merged, variables as they are.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface ComposeService {
  readonly image?: string
  readonly build?: { readonly context: string; readonly target: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly restart?: string
  readonly profiles?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly stop_grace_period?: string
  readonly deploy?: {
    readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } }
  }
}

export interface ComposeFile {
  readonly name: string
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

/** The compose file of the project. */
export function readCompose(): ComposeFile {
  return readYaml('docker-compose.yml') as ComposeFile
}

/** Any YAML file. */
export function readYaml(path: string): unknown {
  return parse(readFileSync(path, 'utf8'), { merge: true })
}

/** The service of that name; it must be there. */
export function serviceOf(compose: ComposeFile, name: string): ComposeService {
  const service = compose.services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return service
}

/** What a service's `--set key=value` arguments say. */
export function settingsOf({ command = [] }: ComposeService): Map<string, string> {
  const words = command.flatMap((word) => word.split(/\s+/)).map((word) => word.replace(/"/g, ''))
  const given = words.filter((_, i) => words[i - 1] === '--set')
  return new Map(
    given.map((setting) => {
      const [key = '', value = ''] = setting.split(/=(.*)/, 2)
      return [key, value]
    }),
  )
}

/** Keys and default values of config/`name`.properties, those that are commented out too. */
export function propertiesOf(name: string): Map<string, string> {
  const text = readFileSync(`config/${name}.properties`, 'utf8')
  const lines = text.matchAll(/^#?([a-z][\w.]*)=(.*)$/gm)
  return new Map([...lines].map(([, key = '', value = '']) => [key, value]))
}
