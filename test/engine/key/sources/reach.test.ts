import { describe, expect, it } from 'vitest'
import { configText, projectOf, stageImports, stageText } from './project.ts'

const two = "import { one, other } from './stages.ts'"

/** A project with two stages of one file, of which `one` makes a value of an expression. */
function stagesOf(above: string, expression: string, files: Readonly<Record<string, string>> = {}, imports = two) {
  return projectOf({
    'reprise.config.ts': configText(imports, ['one', 'other']),
    'stages.ts': `${stageImports}${above}
export const one = ${stageText('one', expression)}
export const other = ${stageText('other', "'nothing'")}
`,
    ...files,
  })
}

type Files = Readonly<Record<string, string>>

describe('what a stage reaches', () => {
  it.each<[what: string, above: string, expression: string, from: string, to: string, files?: Files]>([
    ['its own code', '', '1', 'value: 1', 'value: 2'],
    ['a function', 'const a = () => 1', 'a()', 'a = () => 1', 'a = () => 2'],
    ['a function of a function', 'function a() { return b() }\nconst b = () => 1', 'a()', 'b = () => 1', 'b = () => 2'],
    ['a constant', 'const colour = 1', 'colour', 'colour = 1', 'colour = 2'],
    ['a class', 'class A { b = 1 }', 'new A().b', 'b = 1', 'b = 2'],
    ['a parent class', 'class B { b = 1 }\nclass A extends B {}', 'new A().b', 'b = 1', 'b = 2'],
    ['a destructured name', 'const { a: [b] } = { a: [1] }', 'b', '[1]', '[2]'],
    ['an enum', 'enum A { B = 1 }', 'A.B', 'B = 1', 'B = 2'],
    ['a shorthand', 'const a = 1', '({ a })', 'a = 1', 'a = 2'],
    ['a default of a parameter', 'const a = 1\nconst b = (c = a) => c', 'b()', 'a = 1', 'a = 2'],
    ['a tag of a template', 'const a = () => 1', 'a`b`', '() => 1', '() => 2'],
    ['a value with a type', 'const a = 1 as number', '(a satisfies number)!', 'a = 1', 'a = 2'],
    ['its params', "const params = z.object({ a: z.string().default('b') })", 'params', "'b'", "'c'"],
    ['code that evaluates text', 'const a = 1', "eval('a')", 'a = 1', 'a = 2'],
    ['what a constructor of functions may see', 'const a = 1', "new Function('return 1')()", 'a = 1', 'a = 2'],
    ['all of a file with a computed import', 'const a = 1\nconst name = () => "x"', 'import(name())', 'a = 1', 'a = 2'],
  ])('is in its key: %s', async (_, above, expression, from, to, files) => {
    const project = await stagesOf(above, expression, files)
    expect(await project.changed()).toEqual(['one', 'other'])
    const text = (written: string) => `${stageImports}${written}
export const one = ${stageText('one', expression)}
export const other = ${stageText('other', "'nothing'")}
`
    project.write('stages.ts', `// A comment.\n${text(above)}\ninterface A_ { b: 1 }\nexport const unrelated = 1\n`)
    expect(await project.changed()).toEqual(
      from === 'value: 1' || !/eval|Function|import/.test(expression) ? [] : ['one'],
    )
    project.write('stages.ts', text(above))
    await project.changed()
    project.write('stages.ts', text(above).replace(from, to))
    expect(await project.changed()).toEqual(['one'])
  })

  const library = {
    'library/a.ts': 'export const a = () => 1\nexport const b = () => 1\nexport default () => 1\n',
    'library/index.ts':
      "export { a, b as c } from './a.js'\nexport * as all from './a.ts'\nimport d from './a.ts'\nexport { d }\n",
    'library/stars.ts': "export * from './index.ts'\nexport const e = 1\n",
    'library/data.json': '{ "f": 1 }',
    'library/common.cjs': 'const g = 1\nexports.g = 1\n',
    'library/voices/high.ts': 'export const voice = 1\n',
    'library/voices/low.ts': 'export const voice = 1\n',
    'library/prompt.txt': '1',
  }
  it.each<
    [what: string, imports: string, expression: string, file: keyof typeof library, from: string, changes: boolean]
  >([
    ['an export', "import { a } from './library/a.ts'", 'a()', 'library/a.ts', 'a = () => 1', true],
    ['another export', "import { a } from './library/a.ts'", 'a()', 'library/a.ts', 'b = () => 1', false],
    ['an export by another name', "import { a as x } from './library/a'", 'x()', 'library/a.ts', 'a = () => 1', true],
    ['the default', "import a from './library/a.ts'", 'a()', 'library/a.ts', 'default () => 1', true],
    ['not the default', "import a from './library/a.ts'", 'a()', 'library/a.ts', 'a = () => 1', false],
    ['a re-export', "import { c } from './library/index.ts'", 'c()', 'library/a.ts', 'b = () => 1', true],
    ['another one', "import { c } from './library/index.ts'", 'c()', 'library/a.ts', 'a = () => 1', false],
    ['a re-exported import', "import { d } from './library'", 'd()', 'library/a.ts', 'default () => 1', true],
    ['a star', "import { a } from './library/stars.ts'", 'a()', 'library/a.ts', 'a = () => 1', true],
    ['beside a star', "import { a } from './library/stars.ts'", 'a()', 'library/stars.ts', 'e = 1', false],
    ['a member of a module', "import * as l from './library/a.ts'", 'l.a()', 'library/a.ts', 'a = () => 1', true],
    ['another member', "import * as l from './library/a.ts'", 'l.a()', 'library/a.ts', 'b = () => 1', false],
    ['a whole module', "import * as l from './library/a.ts'", 'Object.keys(l)', 'library/a.ts', 'b = () => 1', true],
    [
      'a re-exported module',
      "import { all } from './library/index.ts'",
      'all.a()',
      'library/a.ts',
      'b = () => 1',
      true,
    ],
    ['data', "import data from './library/data.json'", 'data.f', 'library/data.json', '"f": 1', true],
    [
      'CommonJS, whole',
      "import common from './library/common.cjs'",
      'common.g',
      'library/common.cjs',
      'const g = 1',
      true,
    ],
    ['a later import', '', "(await import('./library/a.ts')).a()", 'library/a.ts', 'b = () => 1', true],
    [
      'an import of a template',
      "const v = () => 'low'",
      `(await import(\`./library/voices/\${v()}.ts\`)).voice`,
      'library/voices/high.ts',
      'voice = 1',
      true,
    ],
    ['a worker', '', "new URL('./library/a.ts', import.meta.url)", 'library/a.ts', 'b = () => 1', true],
    ['a file beside it', '', "new URL('library/prompt.txt', import.meta.url)", 'library/prompt.txt', '1', true],
    [
      'a path beside it',
      "import { join } from 'node:path'",
      "join(import.meta.dirname, 'library', 'prompt.txt')",
      'library/prompt.txt',
      '1',
      true,
    ],
    ['a type', "import { type a } from './library/a.ts'", '1 as a', 'library/a.ts', 'a = () => 1', false],
    [
      'a name that is only a type',
      "import { a } from './library/a.ts'",
      '1 as a',
      'library/a.ts',
      'a = () => 1',
      false,
    ],
  ])('across files: %s', async (_, imports, expression, file, from, changes) => {
    const project = await stagesOf(imports, expression, library)
    await project.changed()
    expect(library[file]).toContain(from)
    project.write(file, library[file].replace(from, from.replace('1', '2')))
    expect(await project.changed()).toEqual(changes ? ['one'] : [])
  })

  it('is another one where names are exchanged', async () => {
    const project = await stagesOf("import { a as x, b as y } from './library/a.ts'", '[x(), y()]', library)
    await project.changed()
    project.write(
      'stages.ts',
      `${stageImports}import { a as y, b as x } from './library/a.ts'
export const one = ${stageText('one', '[x(), y()]')}
export const other = ${stageText('other', "'nothing'")}
`,
    )
    expect(await project.changed()).toEqual(['one'])
  })
})

describe('what runs when files are loaded', () => {
  const table = "export const table = new Map<string, number>()\nexport const add = (n: number) => table.set('a', n)\n"
  it.each<[what: string, file: string, text: string, changed: readonly string[]]>([
    ['changes what one stage reads', 'fill.ts', "import { table } from './table.ts'\ntable.set('a', 1)\n", ['one']],
    ['does so by a function', 'fill.ts', "import { add } from './table.ts'\nadd(1)\n", ['one']],
    [
      'does so for a value that nobody reads',
      'fill.ts',
      "import { add } from './table.ts'\nconst done = add(1)\n",
      ['one'],
    ],
    [
      'does so in a function of its own',
      'fill.ts',
      "import { add } from './table.ts'\n(() => { for (const n of [1]) add(n) })()\n",
      ['one'],
    ],
    ['does so for a list', 'fill.ts', "import { add } from './table.ts'\nconst all = [1].map(add)\n", ['one']],
    ['changes something else', 'fill.ts', "const other = new Map<string, number>()\nother.set('a', 1)\n", []],
    ['changes something global', 'fill.ts', 'Object.assign(globalThis, { a: 1 })\n', ['one', 'other']],
    ['changes the environment', 'fill.ts', "process.env.A = '1'\n", ['one', 'other']],
    ['changes a prototype', 'fill.ts', 'String.prototype.big = function () { return 1 }\n', ['one', 'other']],
    [
      'calls what nobody knows',
      'fill.ts',
      "import { setFlagsFromString } from 'node:v8'\nsetFlagsFromString('--stack-size=1000', 1)\n",
      ['one', 'other'],
    ],
    [
      'changes a stage',
      'fill.ts',
      "import { one } from './stages.ts'\nObject.assign(one, { description: '1' })\n",
      ['one'],
    ],
    ['sets a part of a stage', 'fill.ts', "import { one } from './stages.ts'\none.run = () => 1\n", ['one']],
    ['only computes', 'fill.ts', 'const double = (n: number) => 1 * n\nconst all = double(2)\nconsole.log(all)\n', []],
    ['calls a package', 'fill.ts', "import dep from 'dep'\nconst done = dep(1)\n", ['one', 'other']],
    ['only declares', 'fill.ts', 'export const a = () => 1\nexport class B { c = 1 }\n', []],
  ])('is in keys where it %s', async (_, file, text, changed) => {
    const imports = `${two}\nimport './fill.ts'`
    const project = await stagesOf(
      "import { table } from './table.ts'",
      "table.get('a')",
      {
        'table.ts': table,
        'node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0" }',
        'node_modules/dep/index.js': 'module.exports = () => 1',
        [file]: text,
      },
      imports,
    )
    await project.changed()
    project.write(file, text.replace(/1(?!000)/, '2'))
    expect(await project.changed()).toEqual(changed)
  })
})

describe('stages that functions make', () => {
  const maker = `${stageImports}export const make = (name: string, word: string) => defineStage({
  name, version: 1, inputs: {}, params: z.object({}), outputs: { value: json(z.unknown()) },
  async run() { return { value: twice(word) } },
})
const twice = (word: string) => word + word
export const unrelated = 1
`
  it('reach the calls that made them, and what those read', async () => {
    const project = await projectOf({
      'reprise.config.ts': configText("import { one, other } from './stages.ts'", ['one', 'other']),
      'make.ts': maker,
      'stages.ts':
        "import { make } from './make.ts'\nconst word = 'a'\nexport const one = make('one', word)\nexport const other =\n  make('other', 'b')\n",
    })
    await project.changed()
    project.write(
      'stages.ts',
      "import { make } from './make.ts'\nconst word = 'c'\nexport const one = make('one', word)\nexport const other = make('other', 'b')\n",
    )
    expect(await project.changed()).toEqual(['one'])
    project.write('make.ts', maker.replace('word + word', 'word + 1'))
    expect(await project.changed()).toEqual(['one', 'other'])
    project.write('make.ts', maker.replace('word + word', 'word + 1').replace('unrelated = 1', 'unrelated = 2'))
    expect(await project.changed()).toEqual([])
  })

  it('are each on their own in a list or an object', async () => {
    const text = (a: string, b: string) =>
      `${stageImports}export const stages = {\n  one: ${stageText('one', a)},\n  list: [${stageText('other', b)}],\n}\n`
    const project = await projectOf({
      'reprise.config.ts': configText(
        "import { stages } from './stages.ts'\nconst one = stages.one, other = stages.list[0]",
        ['one', 'other'],
      ),
      'stages.ts': text('1', '1'),
    })
    await project.changed()
    project.write('stages.ts', text('2', '1'))
    expect(await project.changed()).toEqual(['one'])
    project.write('stages.ts', text('2', '2'))
    expect(await project.changed()).toEqual(['other'])
  })

  const greeting = `import { defineConfig, definePipeline } from 'reprise'
${stageImports}
const greet = (word: string) => defineStage({
  name: 'greet', version: 1, inputs: {}, params: z.object({}), outputs: { value: json(z.unknown()) },
  async run() { return { value: word } },
})
`
  it('by one name in one place are not taken for one another', async () => {
    const { sources } = await projectOf({
      'reprise.config.ts': `${greeting}
const of = (name: string, quiet: ReturnType<typeof greet>, loud = quiet) => definePipeline({
  name, inputs: {}, params: z.object({ loud: z.boolean().default(false) }),
  build({ step, params }) { step(params.loud ? loud : quiet, {}); return {} },
})
const a = greet('a'), b = greet('b')
const [c, d] = ['c', 'd'].map(greet)
export default defineConfig({ pipelines: [of('first', a, b), of('second', c), of('third', d), of('fourth', greet('e'))] })
`,
    })
    const all = [...Object.values(await sources()), ...Object.values(await sources({ loud: true }))]
    const texts = all.map((source) => JSON.stringify(source))
    // Those of the first pipeline; the others are the same, loud or not.
    expect(new Set(texts).size).toBe(5)
    expect(texts[3]).not.toContain('"pipeline fourth"')
  })

  it('while a pipeline is built are of its params, and of what the pipeline is made of', async () => {
    const config = (word: string) => `${greeting}
const of = (name: string, word: string) => definePipeline({
  name, inputs: {}, params: z.object({ loud: z.boolean().default(false) }),
  build({ step, params }) { step(greet(params.loud ? 'A' : word), {}); return {} },
})
export default defineConfig({ pipelines: [of('first', '${word}'), of('second', 'b')] })
`
    const project = await projectOf({ 'reprise.config.ts': config('a') })
    const quiet = await project.sources()
    expect(await project.sources()).toEqual(quiet)
    const loud = await project.sources({ loud: true })
    project.write('reprise.config.ts', config('c'))
    const other = await project.sources()
    const all = [quiet, loud, other]
      .flatMap((sources) => Object.values(sources))
      .map((source) => JSON.stringify(source))
    expect(new Set(all).size).toBe(6)
  })

  it('that are copies of others are of all the code that the config loads', async () => {
    const project = await stagesOf('', '1', {
      'reprise.config.ts': configText(`${two}\nconst copy = { ...one, name: 'copy', run: () => ({ value: 1 }) }`, [
        'copy',
        'other',
      ]),
    })
    await project.changed()
    project.write(
      'reprise.config.ts',
      configText(`${two}\nconst copy = { ...one, name: 'copy', run: () => ({ value: 2 }) }`, ['copy', 'other']),
    )
    expect(await project.changed()).toEqual(['copy'])
  })
})

describe('TypeScript and what is compiled from it', () => {
  it('have the same keys', async () => {
    const ts = await import('typescript')
    const files = {
      'stages.ts': `${stageImports}import { level, type Level } from './level.ts'
import { Voice } from './voice.ts'
enum Colour { Red, Green = 4, Blue, Text = 'text', Both = Red | Green }
export const one = ${stageText('one', '[level(1 as Level)!, new Voice("a", 2), Colour.Blue, Colour.Both]')}
export const other = ${stageText('other', "(await import('./level.ts')).level(1)")}
`,
      'level.ts': `export interface Level { a: 1 }
export type Level2 = Level & { b?: 2 }
export function level(this: void, of: unknown): number
export function level(of: unknown, more?: string): number { return (of as number) ?? more?.length }
`,
      'voice.ts': `export abstract class Sound<T> { declare x: T; protected abstract y: number; z?: T; readonly w: number = 1; abstract play(): void }
export class Voice extends Sound<string> { constructor(private readonly name: string, public pitch = 2) { super() } protected y = 1; override play(): void {} }
`,
    }
    const config = configText(two, ['one', 'other'])
    const typed = await projectOf({ 'reprise.config.ts': config, ...files })
    const compiled = Object.entries({ 'reprise.config.ts': config, ...files }).map(([name, text]) => {
      const { outputText } = ts.transpileModule(text, {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ESNext,
          rewriteRelativeImportExtensions: true,
        },
      })
      return [name.replace(/ts$/, 'js'), outputText]
    })
    const plain = await projectOf({ ...Object.fromEntries(compiled), 'package.json': '{ "type": "module" }' })
    expect(await plain.sources()).toEqual(await typed.sources())
  })
})
