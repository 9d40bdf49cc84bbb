// Every example on the pages about operators is compiled, type-checked and run: what the page says comes out does.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import ts from 'typescript'
import { packageRoot } from '../../config/package-root.ts'
import { assertTopology } from '../../topology/topology.ts'
import { readExamples, type Example } from './example.ts'
import { actualOf, expectedOf } from './run-example.ts'

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
}

describe('The examples of the pages about operators', () => {
  const examples = readExamples()
  let directory: string

  // Below the package, so that they import 'millrace' as a user does.
  before(() => {
    const root = join(packageRoot(), '.build')
    mkdirSync(root, { recursive: true })
    directory = mkdtempSync(join(root, 'examples-'))
    for (const [index, { code, files }] of examples.entries()) {
      const folder = join(directory, String(index))
      mkdirSync(folder)
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { ...OPTIONS, module: ts.ModuleKind.ESNext },
      })
      writeFileSync(join(folder, 'example.mts'), code)
      writeFileSync(join(folder, 'example.mjs'), outputText)
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    }
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  for (const [index, example] of examples.entries()) {
    it(`come to what they say, at ${example.place}`, async () => {
      const topology = await load(join(directory, String(index), 'example.mjs'), example)
      expect(example.lines.map(({ kind }) => kind)).to.include('in')
      expect(actualOf(topology, example)).to.deep.equal(expectedOf(example.lines))
    })
  }

  it('have the types that the package declares', function () {
    this.timeout(60_000)
    const files = examples.map((_, index) => join(directory, String(index), 'example.mts'))
    const program = ts.createProgram(files, OPTIONS)
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, '\n')
      const place = examples[Number(basename(join(file?.fileName ?? '', '..')))]?.place
      const line = file?.text.slice(0, start).split('\n').length
      return `${place ?? 'the compiler'}, line ${line ?? 0}: ${text}`
    })
    expect(problems).to.deep.equal([])
  })
})

async function load(path: string, { place }: Example) {
  const module = (await import(pathToFileURL(path).href)) as { default: unknown }
  return assertTopology(module.default, place)
}
