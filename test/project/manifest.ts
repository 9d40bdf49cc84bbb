// package.json and package-lock.json, as far as tests ask about them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'

/** The fields of package.json that tests look at. */
export interface Manifest {
  readonly license: string
  readonly engines: { readonly node: string }
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
  readonly files: readonly string[]
  readonly scripts: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** An entry of package-lock.json. */
export interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly engines?: { readonly node?: string }
  readonly dev?: boolean
  readonly optional?: boolean
}

/** package.json. */
export function readManifest(): Manifest {
  return JSON.parse(readText('package.json')) as Manifest
}

/** The packages of package-lock.json by their place (`node_modules/x`); the project itself is ''. */
export function readLock(): Readonly<Record<string, LockedPackage>> {
  const { packages } = JSON.parse(readText('package-lock.json')) as {
    packages: Record<string, LockedPackage>
  }
  return packages
}

/** A file of the project as text. */
export function readText(path: string): string {
  return readFileSync(join(packageRoot(), path), 'utf8')
}
