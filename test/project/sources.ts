// The project's own sources, parsed, for tests about how they hang together.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import ts from 'typescript'
import { packageRoot } from '../../config/package-root.ts'

/** A source file that is no test. */
export interface SourceFile {
  /** From the package's root, with slashes: `runtime/task.ts`. */
  readonly path: string
  readonly text: string
  /** What it imports, in any way: project files as paths from the root, the rest as written. */
  readonly imports: readonly string[]
}

const NOT_SOURCES = [
  'node_modules',
  'dist',
  'test',
  '.build',
  '.data',
  '.git',
  'docs',
  'prometheus',
]

/** All sources but tests. */
export function readSources(): SourceFile[] {
  const root = packageRoot()
  return readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !NOT_SOURCES.includes(name) && !name.startsWith('.'))
    .flatMap((entry) => {
      if (!entry.isDirectory()) return isSource(entry.name) ? [entry.name] : []
      return (
        readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' })
          // The preview of the board has packages of its own.
          .filter((path) => isSource(path) && !path.includes('node_modules'))
          .map((path) => join(entry.name, path))
      )
    })
    .map((path) => readSource(root, path.split(sep).join('/')))
}

function isSource(path: string): boolean {
  return /\.[cm]?ts$/.test(path) && !/\.d\.[cm]?ts$/.test(path)
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const { importedFiles } = ts.preProcessFile(text, true, true)
  const imports = importedFiles.map(({ fileName }) =>
    fileName.startsWith('.')
      ? relative(root, join(root, dirname(path), fileName))
          .split(sep)
          .join('/')
      : fileName,
  )
  return { path, text, imports }
}

const SUMS = new Set([ts.SyntaxKind.PlusEqualsToken, ts.SyntaxKind.MinusEqualsToken])

/** Names of globals (`process`, `Date.now`) that a file uses, found in its syntax: not in comments. */
export function usesOf(names: readonly string[], source: SourceFile): string[] {
  return found(source, (node) => {
    const name = nameOf(node)
    return name !== undefined && names.includes(name) ? ` ${name}` : undefined
  })
}

/** Places where a file writes `count += await …`: what others add meanwhile is lost. */
export function awaitedSums(source: SourceFile): string[] {
  return found(source, (node) => {
    if (!ts.isBinaryExpression(node)) return undefined
    return SUMS.has(node.operatorToken.kind) && awaits(node.right) ? '' : undefined
  })
}

/** Where `answer` says something of a node, and what. */
function found(
  { path, text }: SourceFile,
  answer: (node: ts.Node) => string | undefined,
): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const places: string[] = []
  const visit = (node: ts.Node) => {
    const said = answer(node)
    if (said !== undefined) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      places.push(`${path}:${line + 1}${said}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return places
}

/** Whether an expression waits itself, and not only a function in it. */
function awaits(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false
  return ts.isAwaitExpression(node) || ts.forEachChild(node, awaits) === true
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return `${node.expression.text}.${node.name.text}`
  }
  // `new Date()` reads the clock, `new Date(ms)` does not.
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
    return node.arguments === undefined || node.arguments.length === 0
      ? `new ${node.expression.text}()`
      : undefined
  }
  if (!ts.isIdentifier(node)) return undefined
  const { parent } = node
  const isCalled = ts.isCallExpression(parent) && parent.expression === node
  const isRead = ts.isPropertyAccessExpression(parent) && parent.expression === node
  return isCalled || isRead ? node.text : undefined
}
